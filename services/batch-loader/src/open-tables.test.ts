import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { checkTopics } from '@sluice/kafka'
import { openDuck, type Duck } from '@sluice/lake'
import { openTables } from './open-tables.ts'
import { openBench, type Bench } from './testing/lake-bench.ts'

describe('openTables', () => {
  let bench: Bench
  let duck: Duck
  let spoolDir: string

  before(async () => {
    bench = await openBench()
    spoolDir = await mkdtemp(join(tmpdir(), 'sluice-open-tables-'))
    duck = await openDuck({ tempDir: join(spoolDir, 'duck') })
  })
  after(async () => {
    await duck?.close()
    await bench?.[Symbol.asyncDispose]()
    await rm(spoolDir, { recursive: true, force: true })
  })

  it('ticks at every table, so that many of them on a slow S3 are not taken for a stall', async () => {
    const { contracts, kafka, store, prefix } = bench
    let ticks = 0
    const tables = await openTables({
      contracts,
      kafka,
      store,
      duck,
      prefix,
      spoolDir,
      incarnations: await checkTopics(kafka, contracts.topics),
      acceptNewLog: false,
      tick: () => (ticks += 1),
      log: { debug() {}, info() {}, warn() {}, error() {} },
      now: Date.now,
      newId: randomUUID
    })
    // Once when it was read, once when it was completed.
    assert.equal(ticks, 2 * tables.length)
  })
})
