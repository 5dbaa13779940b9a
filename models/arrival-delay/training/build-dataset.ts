import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readFlights, readPlanes } from '@sluice/flights'
import { evaluateFeatures, type Feature } from '@sluice/inference/client'
import { columns, createVocabularies } from './features.ts'
import { labelledFlights, type LabelledFlight, type ScheduledEvent } from './labelled-flights.ts'

/** Midnight in New York. The last one is later than every landing of 2013. */
export const partEnds = {
  train: '2013-07-01T04:00:00Z',
  validation: '2013-09-01T04:00:00Z',
  test: '2014-02-01T05:00:00Z'
} as const

/** Landing later than this after the schedule is late. */
export const lateMinutes = 15

export interface Dataset {
  readonly features: readonly Feature[]
  /** Events for golden.json, spread over the test part, and some that miss whatever may be missing. */
  readonly goldenEvents: readonly ScheduledEvent[]
}

/**
 * Writes what train.py reads: dataset.f32, one row per flight with a label (features, label, month of departure),
 * dataset.json, which names the columns and the rows of each part, and golden.f32.
 * Features come out of `flight.scheduled`, labels out of `flight.landed`, by the code that runs in the platform.
 */
export async function buildDataset(dataDir: string, workDir: string): Promise<Dataset> {
  const sources = { flights: { flights: await readFlights(dataDir), planes: await readPlanes(dataDir) } }
  const vocabularies = createVocabularies()
  const sizes = { train: 0, validation: 0, test: 0 }
  for (const flight of labelledFlights(sources)) {
    const part = partOf(flight)
    if (part === 'train') vocabularies.count(flight.event.data)
    if (part !== null) sizes[part]++
  }

  const features = vocabularies.features()
  const parts = rowsOfParts(sizes)
  const width = columns.length + 2
  const table = new Float32Array(parts.test[1] * width)
  const next = { train: parts.train[0], validation: parts.validation[0], test: parts.test[0] }
  const goldenEvents: ScheduledEvent[] = []
  for (const flight of labelledFlights(sources)) {
    const part = partOf(flight)
    if (part === null) continue
    const row = table.subarray(next[part] * width, (next[part] + 1) * width)
    evaluateFeatures(features, [flight.event], row)
    row[columns.length] = flight.arrivalDelayMinutes > lateMinutes ? 1 : 0
    row[columns.length + 1] = Number(flight.event.data.local_date.slice(5, 7))
    if (part === 'test' && (next.test - parts.test[0]) % goldenEvery === 0) goldenEvents.push(flight.event)
    next[part]++
  }
  goldenEvents.push(...withGaps(goldenEvents[0]!))

  await mkdir(workDir, { recursive: true })
  const header = { name: 'arrival-delay', features: features.map(({ name }) => name), parts }
  await writeFile(join(workDir, 'dataset.json'), JSON.stringify(header, null, 2))
  await writeFile(join(workDir, 'dataset.f32'), bytesOf(table))
  await writeFile(join(workDir, 'golden.f32'), bytesOf(evaluateFeatures(features, goldenEvents)))
  return { features, goldenEvents }
}

type Part = keyof typeof partEnds

const goldenEvery = 1_000

const ends = Object.entries(partEnds).map(([part, end]) => [part as Part, Date.parse(end)] as const)

/** A flight belongs to the part in which it was scored; null if its label came after the end of that part. */
function partOf({ event, landedMs }: LabelledFlight): Part | null {
  const scoredMs = Date.parse(event.time)
  const [part, end] = ends.find(([, end]) => scoredMs < end) ?? [null, 0]
  return landedMs < end ? part : null
}

/** Rows [begin, end). */
function rowsOfParts({ train, validation, test }: Record<Part, number>): Record<Part, readonly [number, number]> {
  const tested = train + validation
  return { train: [0, train], validation: [train, tested], test: [tested, tested + test] }
}

/** The same event with values that training has never seen, and without those that may be missing. */
function withGaps(event: ScheduledEvent): ScheduledEvent[] {
  const changes: object[] = [
    { carrier: 'ZZ', destination: 'ZZZ' },
    { aircraft: null, tail_number: null },
    { aircraft: { manufactured: null, seats: null } },
    { aircraft: { manufactured: 1999, seats: null } }
  ]
  return changes.map((change) => ({ ...event, data: { ...event.data, ...change } }))
}

function bytesOf(table: Float32Array): Uint8Array {
  return new Uint8Array(table.buffer, table.byteOffset, table.byteLength)
}
