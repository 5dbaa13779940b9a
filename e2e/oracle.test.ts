import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { pythonTools } from '@sluice/testkit'

describe('the oracle', () => {
  it('finds each kind of damage in tampered inputs and none in an intact one', async () => {
    const { python } = await pythonTools()
    const run = spawnSync(python, ['-m', 'unittest', '-v'], {
      cwd: join(import.meta.dirname, 'oracle'),
      encoding: 'utf8'
    })
    assert.equal(run.status, 0, run.stderr)
    const [, ran = '0'] = /Ran (\d+) tests/.exec(run.stderr) ?? []
    assert.ok(Number(ran) >= 35, `${ran} tests`)
  })
})
