import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Platform } from '@sluice/cli'
import { pythonTools } from '@sluice/testkit'
import { describePlatform } from '../ask-oracle.ts'

/** Offsets by topic, one for each partition. */
export type Ends = Readonly<Record<string, readonly number[]>>

/** Where everything stands; null: it did not answer. */
export interface Sight {
  /** Ends of the logs, with all that is written. */
  readonly end?: Ends | null
  /** Ends of what is decided: it is less while a transaction is open. */
  readonly stable?: Ends | null
  /** Versions of the tables. */
  readonly lake?: Readonly<Record<string, number>> | null
  /** Positions in Redis, by partition. */
  readonly redis?: Readonly<Record<string, Readonly<Record<string, string>>>> | null
}

export interface Watch extends AsyncDisposable {
  look<K extends keyof Sight>(...parts: K[]): Promise<Required<Pick<Sight, K>>>
}

/** The oracle's eyes on a running platform: other people's readers, one look at a time. */
export async function openWatch(platform: Platform): Promise<Watch> {
  const { python } = await pythonTools()
  const child = spawn(python, [join(import.meta.dirname, '../oracle/watch.py')], { stdio: ['pipe', 'pipe', 'ignore'] })
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  child.stdin.on('error', () => undefined)
  child.stdin.write(`${JSON.stringify(describePlatform(platform))}\n`)
  let last: Promise<unknown> = Promise.resolve()

  async function ask(parts: readonly string[]): Promise<Sight> {
    child.stdin.write(`${JSON.stringify(parts)}\n`)
    const { value, done } = await answers.next()
    if (done === true) throw new Error('the watch has ended')
    return JSON.parse(value) as Sight
  }

  return {
    look<K extends keyof Sight>(...parts: K[]) {
      const mine = last.then(() => ask(parts)) as Promise<Required<Pick<Sight, K>>>
      last = mine.catch(() => undefined)
      return mine
    },
    async [Symbol.asyncDispose]() {
      const ended = new Promise((resolve) => child.once('close', resolve))
      child.stdin.end()
      await ended
    }
  }
}

/** What a stage of the platform has done so far, as one number that only grows while it works. */
export function progressOf(sight: Sight, service: string): number | null {
  const ends = (...topics: string[]): number | null =>
    sight.end ? topics.flatMap((topic) => sight.end?.[topic] ?? []).reduce((a, b) => a + b, 0) : null
  switch (service) {
    case 'collector':
      return ends('events.raw')
    case 'enricher':
      return ends('events.enriched', 'events.dlq')
    case 'batch-loader':
      return sight.lake ? Object.values(sight.lake).reduce((a, b) => a + b, 0) : null
    case 'realtime-loader':
      return sight.redis ? positions(sight.redis) : null
    default:
      return null
  }
}

function positions(redis: NonNullable<Sight['redis']>): number {
  const all = Object.values(redis).flatMap((fields) => Object.values(fields))
  return all.reduce((sum, text) => sum + Number(text.split(' ')[0]), 0)
}
