import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startRedis, type Backing, type RedisConnection } from '@sluice/testkit'
import type { Operation } from '../operation.ts'
import type { Log, Position } from '../position.ts'
import type { Store, StoreRecord } from '../index.ts'

export const log: Log = { topic: 'events.enriched', incarnation: 'first' }
export const hourMs = 3_600_000

/** A Redis of the test's own, gone with its folder afterwards. */
export async function ownRedis(...directives: string[]): Promise<Backing<RedisConnection>> {
  const dir = await mkdtemp(join(tmpdir(), 'sluice-store-'))
  const redis = await startRedis({ dir, directives })
  return {
    ...redis,
    get pid() {
      return redis.pid
    },
    async [Symbol.asyncDispose]() {
      await redis[Symbol.asyncDispose]()
      await rm(dir, { recursive: true })
    }
  }
}

/** Records of one partition at offsets 0, 1, 2, …; every origin is twice the offset, as if each second one was refused. */
export function records(timestampMs: number, operations: readonly (readonly Operation[])[]): StoreRecord[] {
  return operations.map((own, i) => ({ offset: BigInt(i), origin: BigInt(2 * i), timestampMs, operations: own }))
}

export function after(all: readonly StoreRecord[], count: number): Position | null {
  const last = all[count - 1]
  return last === undefined ? null : { next: last.offset + 1n, origin: last.origin }
}

/** Applies records `from` to `to` of a partition as one batch that believes everything before it to be stored. */
export function applyRange(store: Store, partition: number, all: readonly StoreRecord[], from: number, to: number) {
  const position = after(all, to)
  if (position === null) throw new Error('an empty range')
  return store.apply({ log, partition, expected: after(all, from), position, records: all.slice(from, to) })
}
