import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { RefusedError } from '@sluice/events'
import { openReplay } from './open-replay.ts'
import { openStateFile, type ProducerState } from './state-file.ts'

const state: ProducerState = {
  fromMs: Date.parse('2013-09-01'),
  position: { time: '2013-09-01T00:05:00Z', type: 'flight.landed.v1', id: '20130831-UA-1-EWR:landed' },
  clock: { simEpochMs: Date.parse('2013-09-01'), wallEpochMs: Date.parse('2026-01-31T12:00:00Z'), speed: 600 },
  stoppedAtMs: Date.parse('2013-09-01T00:06:30.500Z')
}

describe('the state file', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'state-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('gives back what was written last, and nothing at first', async () => {
    const file = await openStateFile(join(folder, 'made', 'on', 'the', 'way'))
    assert.equal(await file.read(), null)
    await file.write({ ...state, position: null, clock: null, stoppedAtMs: null })
    await file.write(state)
    assert.deepEqual(await file.read(), state)
    assert.deepEqual(await readdir(join(folder, 'made', 'on', 'the', 'way')), ['state.json'])
  })

  it('is refused, not overwritten, where it is no state', async () => {
    const file = await openStateFile(folder)
    for (const text of ['', '{}', 'null', '{"version":2}', '{"version":1,"from":"2013-09-01","position":{"id":1}}']) {
      await writeFile(file.path, text)
      await assert.rejects(file.read(), RefusedError, text)
    }
  })

  it('is refused where no folder can be', async () => {
    await writeFile(join(folder, 'file'), '')
    await assert.rejects(openStateFile(join(folder, 'file', 'below')), RefusedError)
  })

  it('belongs to one replay: another FROM is refused, another TO is not', async () => {
    const settings = { FROM: '2013-09-01', TO: '2013-09-03', STATE_DIR: folder }
    const first = await openReplay(settings)
    assert.deepEqual([first.isFirstStart, first.state.position], [true, null])
    await first.stateFile.write(state)
    const second = await openReplay({ ...settings, TO: '2013-10-01' })
    assert.deepEqual([second.isFirstStart, second.state], [false, state])
    await assert.rejects(openReplay({ ...settings, FROM: '2013-08-01' }), /FROM: expected 2013-09-01/)
  })

  it('is not asked for where the dates are none', async () => {
    const settings = { FROM: '2013-02-30', TO: 'tomorrow', STATE_DIR: folder }
    await assert.rejects(openReplay(settings), (error) => {
      assert.ok(error instanceof RefusedError)
      assert.equal(error.problems.length, 2)
      return true
    })
    await assert.rejects(openReplay({ ...settings, FROM: '2013-09-01', TO: '2013-09-01' }), /TO: expected a date after/)
  })
})
