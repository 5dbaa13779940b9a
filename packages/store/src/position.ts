import { RefusedError } from '@sluice/events'

/** What is remembered of one partition, stored together with what came of it. */
export interface Position {
  /** Next offset to read. */
  readonly next: bigint
  /** Raw offset of the last record applied; -1n: none yet. */
  readonly origin: bigint
}

/** A topic and which incarnation of it: a topic that was deleted and made again is another log. */
export interface Log {
  readonly topic: string
  readonly incarnation: string
}

export function positionField(log: Log, partition: number): string {
  return `${log.incarnation}/${partition}`
}

export function writePosition({ next, origin }: Position): string {
  return `${next} ${origin}`
}

export function readPosition(text: string): Position {
  const [next, origin] = text.split(' ')
  if (next === undefined || origin === undefined) throw new Error(`position is "${text}", expected "<next> <origin>"`)
  return { next: BigInt(next), origin: BigInt(origin) }
}

/** Where the positions of a topic are, for every incarnation and partition. */
export function positionsKey(prefix: string, { topic }: Log): string {
  return `${prefix}positions:${topic}`
}

/** The store knows only another incarnation of the log: `field` is a position in it. */
export function foreign({ topic, incarnation }: Log, field: string): RefusedError {
  const other = field.slice(0, field.lastIndexOf('/'))
  return new RefusedError([
    `redis holds what came of another ${topic} (incarnation ${other}), expected incarnation ${incarnation}: ` +
      'ACCEPT_NEW_LOG=true forgets it and starts anew'
  ])
}
