import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { readRefusals } from './read-launcher.ts'

const log = [
  'exit 78; its last lines:',
  '{"level":"info","msg":"starting"}',
  '{"level":"fatal","problem":"SPEED is \\"x\\", expected a number","msg":"refused"}',
  '{"level":"fatal","problem":"events.raw has 4 partitions, expected 6","msg":"refused"}'
].join('\n')

describe('what the launcher knows of a service that refused', () => {
  it('is its own words, and nothing of those that run or were stopped', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'sluice-launcher-'))
    try {
      const file = join(dir, 'running.json')
      const processes = [
        { service: 'enricher', state: 'refused', note: log },
        { service: 'collector', state: 'stopped', note: '' },
        { service: 'redis', state: 'ready', note: '' }
      ]
      writeFileSync(file, JSON.stringify({ processes }))
      assert.deepEqual(
        [...(await readRefusals(file))],
        [['enricher', 'SPEED is "x", expected a number; events.raw has 4 partitions, expected 6']]
      )
      writeFileSync(file, '{"processes":[')
      assert.equal((await readRefusals(file)).size, 0)
    } finally {
      rmSync(dir, { recursive: true, force: true })
    }
  })

  it('is nothing where there is no launcher', async () => {
    assert.equal((await readRefusals(null)).size, 0)
    assert.equal((await readRefusals('/nowhere/at/all.json')).size, 0)
  })
})
