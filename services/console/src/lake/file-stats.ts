import type { AddFile } from '@sluice/lake'

interface Stats {
  readonly numRecords?: number
  readonly minValues?: Readonly<Record<string, unknown>>
  readonly maxValues?: Readonly<Record<string, unknown>>
}

const parsedStats = new WeakMap<AddFile, Stats>()

/** What the log says of a file; read once. */
export function statsOf(add: AddFile): Stats {
  const known = parsedStats.get(add)
  if (known !== undefined) return known
  const { numRecords, minValues, maxValues } = JSON.parse(add.stats ?? '{}') as Stats
  const pick = (values: Stats['minValues']) => ({
    event_time: values?.['event_time'],
    kafka_partition: values?.['kafka_partition'],
    kafka_offset: values?.['kafka_offset']
  })
  const stats = {
    ...(numRecords !== undefined && { numRecords }),
    minValues: pick(minValues),
    maxValues: pick(maxValues)
  }
  parsedStats.set(add, stats)
  return stats
}

/** Rows of a file, by its own statistics. */
export function rowsOf(add: AddFile): number {
  return statsOf(add).numRecords ?? 0
}

/** Whether a record may lie in a file, by the ranges of its positions. */
export function mayHold(add: AddFile, partition: number, offset: number): boolean {
  const { minValues, maxValues } = statsOf(add)
  const within = (name: string, value: number) =>
    Number(minValues?.[name] ?? -Infinity) <= value && value <= Number(maxValues?.[name] ?? Infinity)
  return within('kafka_partition', partition) && within('kafka_offset', offset)
}
