import assert from 'node:assert/strict'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { waitFor } from '@sluice/testkit'
import { assertExact } from './judge.ts'
import { openLab, type Lab } from './lab.ts'
import { openWatch, progressOf, type Watch } from './watch.ts'
import { startWorkload, type Workload } from './workload.ts'

/* docs/recovery.md: the loss of a whole volume. That of Redis is in views.test.ts, that of Kafka in log.test.ts. */

describe('a volume that is lost', () => {
  let lab: Lab
  let watch: Watch
  let load: Workload

  before(async () => {
    lab = await openLab()
    watch = await openWatch(lab.platform)
    load = startWorkload(lab, { seed: 30, eventsPerSecond: 30 })
    await waitFor('commits to the lake', async () => (await committed()) > 20, { timeoutMs: 60_000 })
  })
  after(async () => {
    await load?.[Symbol.asyncDispose]()
    await watch?.[Symbol.asyncDispose]()
    await lab?.[Symbol.asyncDispose]()
  })

  it('of S3: a new bucket, and the batch loader loads again all that the log holds', async () => {
    const [s3, bucket] = [lab.process('s3'), lab.process('bucket')]
    await s3.kill('SIGKILL')
    await s3.stop()
    const volume = join(lab.platform.dataDir, 'volumes/s3')
    for (const name of readdirSync(volume)) rmSync(join(volume, name), { recursive: true })
    await s3.start()
    await s3.ready()
    await bucket.start()
    await bucket.ready()
    const report = await assertExact(lab, [load])
    assert.ok((report.ledger?.answered ?? 0) > 100, 'there was something to lose')
  })

  async function committed(): Promise<number> {
    return progressOf(await watch.look('lake'), 'batch-loader') ?? 0
  }
})
