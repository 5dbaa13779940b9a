import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { standInOverride } from './stand-in-override.ts'

describe('the override for stand-ins', () => {
  const digest = `@sha256:${'a'.repeat(64)}`

  it('drops digests of images, build arguments and bases, and pulls nothing', () => {
    const config = {
      services: {
        kafka: { image: `apache/kafka:4.2.0${digest}` },
        redis: { image: 'valkey/valkey:9.1.2-alpine' },
        collector: {
          image: 'sluice/collector:0.1.0',
          build: { args: { SERVICE: 'collector', BASE: `node:24${digest}` } }
        }
      }
    }
    assert.deepEqual(standInOverride(config, `FROM node:24-slim${digest} AS tools\nFROM tools\n`), {
      services: {
        kafka: { image: 'apache/kafka:4.2.0', pull_policy: 'never' },
        redis: { image: 'valkey/valkey:9.1.2-alpine', pull_policy: 'never' },
        collector: {
          build: {
            args: { BASE: 'node:24' },
            additional_contexts: { [`node:24-slim${digest}`]: 'docker-image://node:24-slim' }
          }
        }
      }
    })
  })
})
