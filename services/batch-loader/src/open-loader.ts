import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SinkBatch, SinkGaps, SinkOptions, TopicPartition } from '@sluice/kafka'
import { isSamePosition, positionOf, type Position } from '@sluice/lake'
import { createBuffer, type BufferDeps } from './buffer.ts'
import { createFlusher, type FlusherDeps } from './flusher.ts'
import { passGap } from './pass-gap.ts'
import { rewind, sourceKey, type TableState } from './table-state.ts'

export interface LoaderDeps extends BufferDeps, Omit<FlusherDeps, 'buffer' | 'onStale'> {
  readonly tables: readonly TableState[]
  /** Has the reader forget a partition and ask `open` again. */
  readonly reopen: (topic: string, partition: number) => void
}

/** The two functions that a sink of Kafka needs, and what goes on beside them. */
export interface Loader {
  readonly open: SinkOptions['open']
  readonly handle: SinkOptions['handle']
  readonly passGap: SinkGaps['pass']
  /** Why rows do not move into the lake, in words. */
  problems(): readonly string[]
  /** Flushes what is buffered; what takes longer is abandoned and will be read again. */
  close(graceMs: number): Promise<void>
}

/** What is known of one partition while it is read. */
interface Lane {
  /** Everything before this is buffered or in the lake; null: ask the lake first. */
  reading: Position | null
  /** Why it is stopped for good, until an operator acts. */
  stopped: string | null
  /** Aborts when the partition goes to another member. */
  signal: AbortSignal | null
  /** Ends every wait of this lane. */
  wake: () => void
  woken: Promise<void>
}

const longestRestMs = 1000
const stoppedTickMs = 5000

export function openLoader(deps: LoaderDeps): Loader {
  const { tables, log, metrics, tick } = deps
  const buffer = createBuffer(deps)
  const flusher = createFlusher({ ...deps, buffer, onStale })
  const lanes = new Map<string, Lane>()
  let isClosed = false
  const timer = setInterval(
    () => {
      if (buffer.isDue()) void flusher.flush()
    },
    Math.min(longestRestMs, Math.ceil(deps.limits.ms / 4))
  )

  function laneOf(at: TopicPartition): Lane {
    let lane = lanes.get(sourceKey(at))
    if (lane === undefined) {
      lane = { reading: null, stopped: null, signal: null, wake: () => undefined, woken: Promise.resolve() }
      lanes.set(sourceKey(at), lane)
    }
    return lane
  }

  /** Nothing that comes of this partition is taken until the lake has been asked where it is. */
  function forget(at: TopicPartition): void {
    const lane = laneOf(at)
    lane.reading = null
    lane.stopped = null
    lane.wake()
    buffer.forget(at)
  }

  function onStale(sources: readonly TopicPartition[]): void {
    for (const { topic, partition } of sources) {
      forget({ topic, partition })
      deps.reopen(topic, partition)
    }
  }

  async function open(at: TopicPartition, signal: AbortSignal): Promise<Position> {
    forget(at)
    // A flush in hand may hold rows of this partition: what it leaves behind is what counts.
    await flusher.idle()
    const positions: Position[] = []
    for (const { spec, delta, cursors } of tables) {
      const cursor = cursors.get(sourceKey(at))
      if (cursor === undefined) continue
      const position = positionOf(await delta.refresh(signal), cursor.source)
      tick()
      if (position === null) throw new Error(`table ${spec.name} has lost its position in ${sourceKey(at)}`)
      rewind(cursor, position)
      positions.push(position)
    }
    const lane = laneOf(at)
    lane.reading = lowest(positions)
    lane.woken = new Promise((resolve) => (lane.wake = resolve))
    // Whoever gets this partition next reads all of it again: rows of ours would only spoil the file that they are in.
    if (lane.signal !== signal) signal.addEventListener('abort', () => !isClosed && forget(at), { once: true })
    lane.signal = signal
    return lane.reading
  }

  async function handle(batch: SinkBatch, signal: AbortSignal): Promise<'done' | 'reopen'> {
    const lane = laneOf(batch)
    if (isOver()) return end(signal)
    if (lane.reading === null || !isSamePosition(batch.expected, lane.reading)) return 'reopen'
    const { position, stop, received, rejected } = buffer.take(batch, lane.reading)
    lane.reading = position
    for (const [type, count] of received) metrics.received({ input: batch.topic, type }, count)
    for (const reason of rejected) metrics.rejected({ reason })
    if (rejected.length > 0) {
      const { topic, partition } = batch
      log.error({ topic, partition, records: rejected.length, reason: rejected[0] }, 'records that no table takes')
    }
    await buffer.drain()
    while (buffer.isFull() && lane.reading !== null && !signal.aborted && !isOver()) {
      await Promise.race([flusher.flush(), lane.woken])
    }
    if (stop !== null) await stayStopped(lane, stop, signal)
    if (isOver()) return end(signal)
    return lane.reading === null || stop !== null ? 'reopen' : 'done'
  }

  function isOver(): boolean {
    return isClosed || flusher.isOver()
  }

  /** Reading on would lose what a newer contract has added: the partition waits for a newer loader. */
  async function stayStopped(lane: Lane, reason: string, signal: AbortSignal): Promise<void> {
    lane.stopped = reason
    log.error({ reason }, 'partition stopped')
    while (lane.reading !== null && !signal.aborted && !isOver()) {
      await Promise.race([sleep(stoppedTickMs, undefined, { ref: false }), lane.woken])
      tick()
    }
    lane.stopped = null
  }

  async function close(graceMs: number): Promise<void> {
    clearInterval(timer)
    const flushed = flusher.idle().then(() => flusher.flush())
    await Promise.race([flushed, sleep(graceMs, undefined, { ref: false })])
    isClosed = true
    for (const lane of lanes.values()) lane.wake()
    await flusher.abandon()
  }

  return {
    open,
    handle,
    async passGap(gap, _saved, signal) {
      forget(gap)
      await flusher.idle()
      await passGap(deps, gap, signal)
    },
    problems: () => [flusher.problem(), ...[...lanes.values()].map(({ stopped }) => stopped)].filter((p) => p !== null),
    close
  }
}

/** The position that lies furthest back: each table skips what it has. */
function lowest(positions: readonly Position[]): Position {
  const [first, ...others] = positions
  if (first === undefined) throw new Error('no table is fed by this partition')
  return others.reduce((a, b) => (b.next < a.next || (b.next === a.next && b.origin > a.origin) ? b : a), first)
}

/** Nothing can be taken any more, and the process is about to end: hold the reader until it is told. */
async function end(signal: AbortSignal): Promise<'reopen'> {
  if (!signal.aborted) await once(signal, 'abort')
  return 'reopen'
}
