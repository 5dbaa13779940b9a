import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { pythonTools } from '@sluice/testkit'
import { describeApi } from './src/describe-api.ts'
import { contracts, weather } from './src/testing/fixtures.ts'
import { testRestApp } from './src/testing/test-rest-app.ts'

interface Sample {
  readonly schema: 'CloudEvent' | 'Results' | 'Problem'
  readonly value: unknown
}

const { python } = await pythonTools()
const document = describeApi({ contracts, version: '0.1.0', maxBodyBytes: 1_048_576 })

describe('the OpenAPI document', () => {
  it('is valid for a stock validator', () => {
    assert.deepEqual(problemsOf(document), [])
    assert.match(problemsOf({ ...document, info: {} }).join(), /^document: 'title' is a required property/)
  })

  it('describes events and answers as they are', async () => {
    await using collector = await testRestApp()
    const accepted = await collector.post(JSON.stringify(weather('1')))
    const refused = await collector.post(JSON.stringify(weather('1', { type: 'x' })))
    const unread = await collector.post('{')
    const samples: Sample[] = [
      { schema: 'CloudEvent', value: weather('1') },
      { schema: 'Results', value: accepted.body },
      { schema: 'Problem', value: refused.body },
      { schema: 'Problem', value: unread.body }
    ]
    assert.deepEqual(problemsOf(document, samples), [])
  })

  it('refuses what the collector refuses', () => {
    for (const changes of [{ type: 'x' }, { id: '' }, { time: 'today' }, { time: undefined }, { Subject: 'x' }]) {
      const value = weather('1', changes)
      assert.equal(problemsOf(document, [{ schema: 'CloudEvent', value }]).length, 1, JSON.stringify(changes))
    }
  })
})

function problemsOf(given: object, samples: readonly Sample[] = []): string[] {
  const script = join(import.meta.dirname, 'src/testing/check_openapi.py')
  const { status, stdout, stderr } = spawnSync(python, [script], {
    input: JSON.stringify({ document: given, samples }),
    encoding: 'utf8'
  })
  assert.equal(status, 0, stderr)
  return JSON.parse(stdout) as string[]
}
