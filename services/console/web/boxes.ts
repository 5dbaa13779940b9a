/** What each box of the picture is, and where it stands. */
export interface BoxPlace {
  readonly name: string
  /** One sentence, as its README begins. */
  readonly sentence: string
  readonly column: number
  readonly top: number
  readonly kind: 'service' | 'part' | 'topic'
  readonly readme: string | null
}

export const boxWidth = 176
const boxHeight = 92
export const columns = 6
export const pictureHeight = 440

export const places: readonly BoxPlace[] = [
  {
    name: 'flight-producer',
    sentence: 'Replays every flight that left New York in 2013 over REST, on a simulated clock.',
    column: 0,
    top: 88,
    kind: 'service',
    readme: '/readme/flight-producer.md'
  },
  {
    name: 'weather-producer',
    sentence: 'Replays the hourly weather of the three airports over a gRPC stream, on the same clock.',
    column: 0,
    top: 232,
    kind: 'service',
    readme: '/readme/weather-producer.md'
  },
  {
    name: 'collector',
    sentence: 'Takes events over REST and gRPC and answers when they are durable in the raw topic.',
    column: 1,
    top: 160,
    kind: 'service',
    readme: '/readme/collector.md'
  },
  {
    name: 'raw',
    sentence: 'The log of everything that was accepted, in order per key, kept for 7 days.',
    column: 2,
    top: 160,
    kind: 'topic',
    readme: null
  },
  {
    name: 'enricher',
    sentence: 'Holds each event to its contract, finds repeats, adds the prediction, and moves it on exactly once.',
    column: 3,
    top: 160,
    kind: 'service',
    readme: '/readme/enricher.md'
  },
  {
    name: 'enrichment-api',
    sentence: 'Serves the model that says how likely a flight lands more than 15 minutes late.',
    column: 3,
    top: 326,
    kind: 'service',
    readme: '/readme/enrichment-api.md'
  },
  {
    name: 'enriched',
    sentence: 'The log of valid events with what was added to them.',
    column: 4,
    top: 60,
    kind: 'topic',
    readme: null
  },
  {
    name: 'dlq',
    sentence: 'The log of what was refused, with its original bytes and the reason, and of repeats.',
    column: 4,
    top: 260,
    kind: 'topic',
    readme: null
  },
  {
    name: 'batch-loader',
    sentence:
      'Writes events and dead letters into Delta tables on S3, each once, with its position in the same commit.',
    column: 5,
    top: 0,
    kind: 'service',
    readme: '/readme/batch-loader.md'
  },
  {
    name: 's3',
    sentence: 'The lake: Parquet files and the Delta log that says which of them count.',
    column: 5,
    top: 124,
    kind: 'part',
    readme: null
  },
  {
    name: 'realtime-loader',
    sentence: 'Folds valid events into Redis: the state of each flight, boards, counts, the last predictions.',
    column: 5,
    top: 224,
    kind: 'service',
    readme: '/readme/realtime-loader.md'
  },
  {
    name: 'redis',
    sentence: 'The real-time store: what is true now, to be read in a millisecond.',
    column: 5,
    top: 348,
    kind: 'part',
    readme: null
  }
]

export interface Edge {
  readonly from: string
  readonly to: string
  /** Whose rate flows here. */
  readonly rate: 'out' | 'in'
}

export const edges: readonly Edge[] = [
  { from: 'flight-producer', to: 'collector', rate: 'out' },
  { from: 'weather-producer', to: 'collector', rate: 'out' },
  { from: 'collector', to: 'raw', rate: 'in' },
  { from: 'raw', to: 'enricher', rate: 'in' },
  { from: 'enricher', to: 'enrichment-api', rate: 'in' },
  { from: 'enricher', to: 'enriched', rate: 'in' },
  { from: 'enricher', to: 'dlq', rate: 'in' },
  { from: 'enriched', to: 'batch-loader', rate: 'in' },
  { from: 'enriched', to: 'realtime-loader', rate: 'in' },
  { from: 'dlq', to: 'batch-loader', rate: 'in' },
  { from: 'batch-loader', to: 's3', rate: 'out' },
  { from: 'realtime-loader', to: 'redis', rate: 'out' }
]

export function heightOf({ kind }: BoxPlace): number {
  return kind === 'part' ? 68 : boxHeight
}
