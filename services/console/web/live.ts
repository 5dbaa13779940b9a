import { useEffect, useState } from 'preact/hooks'
import type { LetterSummary } from '../src/wire/letters.ts'
import type { LiveEvent, Point, Snapshot } from '../src/wire/live.ts'

/** What the stream has brought, as it is shown now. */
export interface Live {
  readonly snapshot: Snapshot | null
  readonly points: readonly Point[]
  readonly changes: readonly (LiveEvent & { kind: 'change' })[]
  readonly newLetters: readonly LetterSummary[]
  /** When the newest state arrived, on this machine's clock. */
  readonly arrivedMs: number | null
  readonly connected: boolean
  /** Since when there has been no connection. */
  readonly lostMs: number | null
  readonly skipped: number
  readonly pausedMs: number | null
  /** Arrived while paused. */
  readonly waiting: number
}

/** One every two seconds, for half an hour. */
const pointsKept = 900
const hiddenLetGoMs = 60_000
const channelName = 'sluice-live'

type Message =
  | { readonly kind: 'state'; readonly snapshot: Snapshot }
  | { readonly kind: 'event'; readonly event: LiveEvent }
  | { readonly kind: 'gap'; readonly skipped: number }
  | { readonly kind: 'lost' }

let live: Live = {
  snapshot: null,
  points: [],
  changes: [],
  newLetters: [],
  arrivedMs: null,
  connected: false,
  lostMs: null,
  skipped: 0,
  pausedMs: null,
  waiting: 0
}
let held: Message[] = []
const listeners = new Set<() => void>()

/** Whether the page stands still because somebody said so. */
export function isPaused(): boolean {
  return live.pausedMs !== null
}

/** The moment that is shown: now, or when the page was paused. */
export function shownNow(): number {
  return live.pausedMs ?? Date.now()
}

function set(change: Partial<Live>): void {
  live = { ...live, ...change }
  for (const listener of listeners) listener()
}

/** The live state; the component is drawn anew whenever it changes. */
export function useLive(): Live {
  const [, draw] = useState(0)
  useEffect(() => {
    const listener = (): void => draw((n) => n + 1)
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }, [])
  return live
}

function take(message: Message): void {
  if (live.pausedMs !== null) {
    // Only the newest state counts, and what was missed is counted.
    if (message.kind === 'event') held.push(message)
    if (held.length > 500) held = held.slice(-500)
    set({ waiting: live.waiting + (message.kind === 'event' || message.kind === 'state' ? 1 : 0) })
    return
  }
  switch (message.kind) {
    case 'state': {
      const { snapshot } = message
      const restarted = live.snapshot !== null && live.snapshot.boot !== snapshot.boot
      const last = live.points.at(-1)
      const { point } = snapshot
      const added = point === null || point.t === last?.t ? live.points : [...live.points, point].slice(-pointsKept)
      set({
        snapshot,
        points: added,
        arrivedMs: Date.now(),
        connected: true,
        lostMs: null,
        ...(restarted && { newLetters: [] })
      })
      if (restarted) void loadHistory()
      break
    }
    case 'event':
      if (message.event.kind === 'change') set({ changes: [...live.changes, message.event].slice(-200) })
      else set({ newLetters: [message.event.letter, ...live.newLetters].slice(0, 200) })
      break
    case 'gap':
      set({ skipped: live.skipped + message.skipped })
      break
    case 'lost':
      set({ connected: false, lostMs: live.lostMs ?? Date.now() })
      break
  }
}

export function togglePause(): void {
  if (live.pausedMs === null) {
    set({ pausedMs: Date.now(), waiting: 0 })
    return
  }
  const messages = held
  held = []
  set({ pausedMs: null, waiting: 0 })
  for (const message of messages) take(message)
  void loadHistory()
}

export function clearNewLetters(): void {
  if (live.newLetters.length > 0) set({ newLetters: [] })
}

async function loadHistory(): Promise<void> {
  try {
    const { points, changes } = (await (await fetch('/api/history')).json()) as Pick<Live, 'points' | 'changes'>
    const first = points[0]?.t ?? Infinity
    const oldest = Date.now() / 1_000 - 2 * pointsKept
    // What this page saw before the console was started anew stays: the gap between is a gap.
    set({ points: [...live.points.filter(({ t }) => t < first && t > oldest), ...points], changes })
  } catch {
    // The stream says that the console is gone; history comes with the next connection.
  }
}

/** One stream per browser, not per tab: the tab that holds the lock reads it, the others listen to that tab. */
export function startLive(): void {
  void loadHistory()
  const channel = 'BroadcastChannel' in window ? new BroadcastChannel(channelName) : null
  channel?.addEventListener('message', ({ data }: MessageEvent<Message>) => take(data))
  let letGo: (() => void) | null = null

  async function lead(): Promise<void> {
    const stop = new AbortController()
    letGo = () => stop.abort()
    const read = (): Promise<void> =>
      readStream((message) => {
        take(message)
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a BroadcastChannel has none
        channel?.postMessage(message)
      }, stop.signal)
    // Locks exist only where the page came from this machine or over TLS.
    if (navigator.locks === undefined) return read()
    await navigator.locks.request(channelName, { signal: stop.signal }, read).catch(() => undefined)
  }
  void lead()

  let hidden: ReturnType<typeof setTimeout> | undefined
  document.addEventListener('visibilitychange', () => {
    clearTimeout(hidden)
    if (document.hidden) {
      hidden = setTimeout(() => {
        letGo?.()
        letGo = null
      }, hiddenLetGoMs)
    } else if (letGo === null) {
      void loadHistory()
      void lead()
    }
  })
}

function readStream(onMessage: (message: Message) => void, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    let source: EventSource
    let again: ReturnType<typeof setTimeout> | undefined
    const open = (): void => {
      source = new EventSource('/events')
      source.addEventListener('state', ({ data }: MessageEvent<string>) =>
        onMessage({ kind: 'state', snapshot: JSON.parse(data) as Snapshot })
      )
      source.addEventListener('event', ({ data }: MessageEvent<string>) =>
        onMessage({ kind: 'event', event: JSON.parse(data) as LiveEvent })
      )
      source.addEventListener('gap', ({ data }: MessageEvent<string>) =>
        onMessage({ kind: 'gap', ...(JSON.parse(data) as { skipped: number }) })
      )
      source.addEventListener('error', () => {
        onMessage({ kind: 'lost' })
        if (source.readyState === EventSource.CLOSED) again = setTimeout(open, 2_000)
      })
    }
    open()
    signal.addEventListener('abort', () => {
      clearTimeout(again)
      source.close()
      resolve()
    })
  })
}
