import assert from 'node:assert/strict'
import { waitFor } from '@sluice/testkit'
import { door, partitions, reading, type Bench, type TestRecord } from './lake-bench.ts'

/* What must be in the lake, read by the Delta log. */

const tables = ['reading_taken_v1', 'door_opened_v1']

/** Records with the given raw offsets, every fourth of another type. */
export function mixed(from: number, to: number): TestRecord[] {
  return Array.from({ length: to - from }, (_, i) => ((from + i) % 4 === 3 ? door(from + i) : reading(from + i)))
}

/** Every raw offset of a range once over all tables, per partition, each value as it was sent. */
export async function assertWhole(bench: Bench, from: number, to: number, parts: number = partitions): Promise<void> {
  const expected = Array.from({ length: to - from }, (_, i) => from + i)
  await waitFor(
    `raw offsets ${from} to ${to}`,
    async () => {
      const counts = await Promise.all(tables.map((table) => bench.reader.countRows(table)))
      const sum = counts.reduce((a, b) => a + b, 0)
      if (sum < expected.length * parts) throw new Error(`found ${sum}`)
      return true
    },
    { timeoutMs: 60_000, intervalMs: 100 }
  )
  const rows = (await Promise.all(tables.map((table) => bench.rows(table)))).flat()
  for (let p = 0; p < parts; p++) {
    const own = rows.filter((row) => row['kafka_partition'] === p)
    const offsets = own.map((row) => Number(row['raw_offset'])).toSorted((a, b) => a - b)
    assert.deepEqual(offsets, expected, `partition ${p}`)
    for (const row of own) {
      const serial = Number(row['raw_offset'])
      if ('door' in row) continue
      assert.equal(row['serial'], String(9007199254740993n + BigInt(serial)))
      assert.equal(row['value'], serial / 7)
    }
  }
}

/** Waits until the log of each table counts so many rows. */
export async function waitForRows(
  bench: Bench,
  expected: Readonly<Record<string, number>>,
  timeoutMs = 30_000
): Promise<void> {
  await waitFor(
    `rows ${JSON.stringify(expected)}`,
    async () => {
      const tables = Object.keys(expected)
      const counts = await Promise.all(tables.map((table) => bench.reader.countRows(table)))
      if (tables.every((table, i) => counts[i] === expected[table])) return true
      throw new Error(`found ${counts.join(', ')}`)
    },
    { timeoutMs, intervalMs: 100 }
  )
}
