import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, it } from 'node:test'
import type { Settings } from '../packages/service/src/settings.ts'
import { assertReadmeSettings } from '../packages/service/src/testing.ts'

const services = resolve(import.meta.dirname, '../services')

describe('the README of every service', () => {
  for (const name of readdirSync(services)) {
    const config = join(services, name, 'config.ts')
    if (!existsSync(config)) continue
    it(`prints the settings that the code declares: ${name}`, async () => {
      const { settings } = (await import(config)) as { settings: Settings }
      assertReadmeSettings(join(services, name), settings)
    })
  }

  it('is looked at', () => {
    assert.ok(readdirSync(services).length > 0)
  })
})
