import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import { repoRoot } from '@sluice/testkit'
import { landed, replay, type UnderTest } from './replay.ts'

const run = promisify(execFile)
type Row = Readonly<Record<string, string | number | null>>

/** The queries that the README shows, in its order. */
const examples = [
  ...readFileSync(join(repoRoot, 'README.md'), 'utf8').matchAll(/^npm run sluice -- query "([^"]+)"$/gm)
].map(([, sql]) => sql!)

async function ask({ platform }: UnderTest, ...args: string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [
    join(repoRoot, 'cli/main.ts'),
    'query',
    ...args,
    '--data-dir',
    platform.dataDir
  ])
  return stdout
}

describe('SQL over the lake of a running platform', () => {
  it('answers what the README asks, and names the tables to someone who asks for another', async () => {
    await using platform = await replay({ from: '2013-02-12', to: '2013-02-14', speed: 'max' })
    const report = await landed(platform, 120_000)
    assert.deepEqual(report.problems, [])
    const [byCarrier, byTenth, byReason, ...more] = await Promise.all(
      examples.map(async (sql) => JSON.parse(await ask(platform, sql, '--json')) as Row[])
    )
    assert.deepEqual(more, [])

    const landings = report.rows['flight_landed_v1']!
    assert.equal(sum(byCarrier!, 'flights'), landings)
    assert.ok(byCarrier!.length > 8)
    assert.deepEqual(
      byTenth!.map(({ tenth }) => Number(tenth)),
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    )
    // Some landed on these days and were scheduled the day before.
    assert.ok(sum(byTenth!, 'flights') > landings * 0.8 && sum(byTenth!, 'flights') <= landings)
    const letters = byReason!.filter(
      ({ contract, reason }) => reason === 'contract' && contract === 'weather.observed:1.0'
    )
    assert.deepEqual(letters, [
      { reason: 'contract', contract: 'weather.observed:1.0', pointer: '/data/wind_speed_mph', records: '1' }
    ])

    const table = await ask(platform, 'SELECT reason, count(*) AS n FROM dead_letters GROUP BY reason ORDER BY n')
    assert.match(table, /^reason +n\n─+ {2}─+\n(?:.*\n)*contract +\d+\n/)
    await assert.rejects(
      ask(platform, 'SELECT * FROM flights'),
      ({ code, stderr }: { code: number; stderr: string }) => {
        assert.match(
          stderr,
          /there is no table flights in bronze; there are (\w+, )*dead_letters, (\w+, )*flight_cancelled_v1, /
        )
        return code === 1
      }
    )
  })
})

function sum(rows: readonly Row[], column: string): number {
  return rows.reduce((total, row) => total + Number(row[column]), 0)
}
