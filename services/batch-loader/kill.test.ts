import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { freePort, readDelta, startLossyProxy, uniqueName, waitFor, type Fate, type LossyProxy } from '@sluice/testkit'
import { assertWhole, mixed, waitForRows } from './src/testing/expect-rows.ts'
import { openBench, partitions, reading, type Bench } from './src/testing/lake-bench.ts'

describe('a batch loader that is killed', () => {
  let bench: Bench
  let proxy: LossyProxy
  const children = new Set<ChildProcess>()
  let sent = 0

  before(async () => {
    bench = await openBench()
    proxy = await startLossyProxy(bench.s3.endpoint)
  })

  after(async () => {
    for (const child of children) child.kill('SIGKILL')
    await proxy[Symbol.asyncDispose]()
    await bench[Symbol.asyncDispose]()
  })

  async function start(): Promise<ChildProcess> {
    // Positions are in the lake: a group of its own takes over at once, where the old one would wait for its dead member.
    const GROUP_ID = uniqueName(bench.name)
    const ADMIN_PORT = String(await freePort())
    const env = bench.env({ S3_ENDPOINT: proxy.endpoint, ADMIN_PORT, GROUP_ID, FLUSH_MS: '50' })
    const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts')], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'inherit']
    })
    children.add(child)
    child.once('exit', () => children.delete(child))
    return child
  }

  async function sendMore(): Promise<void> {
    for (let p = 0; p < partitions; p++) await bench.send(bench.contracts.topics.enriched, p, mixed(sent, sent + 40))
    sent += 40
  }

  /** Runs a loader until it is killed at a certain request. */
  async function killAt(isPoint: (url: string) => boolean, when: 'before' | 'after'): Promise<void> {
    const child = await start()
    let isDone = false
    proxy.decide = ({ method, url }): Fate => {
      if (isDone || method !== 'PUT' || !isPoint(decodeURIComponent(url))) return 'pass'
      isDone = true
      if (when === 'after') return () => void child.kill('SIGKILL')
      child.kill('SIGKILL')
      return 'drop'
    }
    const exit = once(child, 'exit', { signal: AbortSignal.timeout(60_000) })
    const [, signal] = (await exit) as [number | null, string | null]
    assert.equal(signal, 'SIGKILL')
    proxy.decide = () => 'pass'
  }

  it('while it makes its tables goes on making them', async () => {
    await sendMore()
    await killAt(isCreation, 'before')
    await killAt(isCreation, 'after')
    await killAt(isCreation, 'after')
    assert.equal(await bench.reader.countRows('reading_taken_v1'), 0)
  })

  for (const [what, isPoint] of [
    ['data PUT', isData],
    ['commit PUT', isCommit]
  ] as const) {
    for (const when of ['before', 'after'] as const) {
      it(`${when} a ${what} loses nothing and loads nothing twice`, async () => {
        for (let round = 0; round < 2; round++) {
          await sendMore()
          await killAt((url) => isPoint(url) && !isCreation(url), when)
        }
        const child = await start()
        await assertWhole(bench, 0, sent)
        await stop(child)
      })
    }
  }

  it('between the dead letters and the table of a record that cannot be loaded has both, each once', async () => {
    const letters = await bench.reader.countRows('dead_letters')
    const { enriched } = bench.contracts.topics
    const bad = { ...reading(sent), value: '{"id":"cut off' }
    await bench.send(enriched, 0, [bad, reading(sent + 1)])
    await killAt(isCommitOf('dead_letters'), 'before')
    await killAt(isCommitOf('dead_letters'), 'after')
    await killAt(isCommitOf('reading_taken_v1'), 'before')
    const before = await bench.reader.countRows('reading_taken_v1')
    const child = await start()
    await waitForRows(bench, { dead_letters: letters + 1, reading_taken_v1: before + 1 })
    await stop(child)
    const rows = await bench.rows('dead_letters')
    assert.equal(rows.filter((row) => row['origin_offset'] === String(sent)).length, 1)
  })

  it('leaves what delta-rs and DuckDB read alike, each raw offset once', async () => {
    for (const engine of ['delta-rs', 'duckdb'] as const) {
      const tables = ['reading_taken_v1', 'door_opened_v1', 'dead_letters']
      const reads = await Promise.all(tables.map((table) => readDelta(engine, bench.s3, `${bench.prefix}/${table}`)))
      const places = reads.flatMap(({ rows }) =>
        rows.map((row) => `${String(row['kafka_partition'])}/${String(row['raw_offset'] ?? row['origin_offset'])}`)
      )
      const expected = [0, 1, 2].flatMap((p) => Array.from({ length: sent + (p === 0 ? 2 : 0) }, (_, i) => `${p}/${i}`))
      assert.deepEqual(places.toSorted(), expected.toSorted(), engine)
    }
  })
})

function isData(url: string): boolean {
  return url.includes('/event_date=')
}

function isCommit(url: string): boolean {
  return /_delta_log\/\d{20}[.]json/.test(url)
}

function isCreation(url: string): boolean {
  return url.includes('_delta_log/00000000000000000000.json')
}

function isCommitOf(table: string): (url: string) => boolean {
  return (url) => isCommit(url) && url.includes(`/${table}/`)
}

/** An orderly stop, which must be a clean one. */
async function stop(child: ChildProcess): Promise<void> {
  child.kill('SIGTERM')
  const exited = once(child, 'exit') as Promise<[number | null, string | null]>
  const [code] = await waitFor('exit', () => exited, { timeoutMs: 10_000 })
  assert.equal(code, 0)
}
