import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { withLock } from './lock.ts'

const silent = (): void => undefined

describe('withLock', () => {
  it('lets one in at a time, over processes', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'sluice-lock-'))
    const script = `
      import { appendFileSync } from 'node:fs'
      import { withLock } from ${JSON.stringify(join(import.meta.dirname, 'lock.ts'))}
      for (let round = 0; round < 20; round += 1)
        await withLock(process.argv[2] + '/lock', 'test', () => {}, async () => {
          appendFileSync(process.argv[2] + '/log', 'in\\n')
          await new Promise((resolve) => setTimeout(resolve, 1))
          appendFileSync(process.argv[2] + '/log', 'out\\n')
        })`
    writeFileSync(join(dir, 'worker.mjs'), script)
    try {
      const workers = Array.from({ length: 4 }, () => spawn(process.execPath, [join(dir, 'worker.mjs'), dir]))
      await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('exit', resolve))))
      const log = readFileSync(join(dir, 'log'), 'utf8').trim().split('\n')
      assert.equal(log.length, 160)
      assert.ok(log.every((word, index) => word === (index % 2 === 0 ? 'in' : 'out')))
    } finally {
      rmSync(dir, { recursive: true })
    }
  })

  it('takes the lock of a process that is gone', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'sluice-lock-'))
    mkdirSync(join(dir, 'lock'))
    writeFileSync(join(dir, 'lock/owner'), '1:1')
    try {
      assert.equal(await withLock(join(dir, 'lock'), 'test', silent, async () => 'mine'), 'mine')
    } finally {
      rmSync(dir, { recursive: true })
    }
  })
})
