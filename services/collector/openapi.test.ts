import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import { pythonTools } from '@sluice/testkit'
import { describeApi } from './src/describe-api.ts'
import { contracts, weather } from './src/testing/fixtures.ts'
import { testRestApp } from './src/testing/test-rest-app.ts'

interface Sample {
  readonly schema: 'CloudEvent' | 'Results' | 'Problem'
  readonly value: unknown
}

interface Problems {
  readonly document: readonly string[]
  readonly samples: readonly (readonly string[])[]
}

const document = describeApi({ contracts, version: '0.1.0', maxBodyBytes: 1_048_576 })

describe('the OpenAPI document', () => {
  it('is valid for a stock validator', async () => {
    assert.deepEqual((await problemsOf(document)).document, [])
    assert.deepEqual((await problemsOf({ ...document, info: { version: '1' } })).document, [
      "'title' is a required property"
    ])
  })

  it('describes events and answers as they are', async () => {
    await using collector = await testRestApp()
    const accepted = await collector.post(JSON.stringify(weather('1')))
    const refused = await collector.post(JSON.stringify(weather('1', { type: 'x' })))
    const unread = await collector.post('{')
    const { samples } = await problemsOf(document, [
      { schema: 'CloudEvent', value: weather('1') },
      { schema: 'Results', value: accepted.body },
      { schema: 'Problem', value: refused.body },
      { schema: 'Problem', value: unread.body }
    ])
    assert.deepEqual(samples, [[], [], [], []])
  })

  it('refuses what the collector refuses', async () => {
    const changes = [{ type: 'x' }, { id: '' }, { time: 'today' }, { time: undefined }, { Subject: 'x' }]
    const given = changes.map((change): Sample => ({ schema: 'CloudEvent', value: weather('1', change) }))
    const { samples } = await problemsOf(document, given)
    assert.deepEqual(
      samples.map((found) => found.length),
      changes.map(() => 1)
    )
  })
})

async function problemsOf(given: object, samples: readonly Sample[] = []): Promise<Problems> {
  const { python } = await pythonTools()
  const script = join(import.meta.dirname, 'src/testing/check_openapi.py')
  const checking = promisify(execFile)(python, [script], { timeout: 120_000 })
  checking.child.stdin?.end(JSON.stringify({ document: given, samples }))
  return JSON.parse((await checking).stdout) as Problems
}
