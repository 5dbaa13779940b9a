import type { Log } from '@sluice/events'
import type { Metrics } from './metrics.ts'

/** When the oldest unread record of a partition will be deleted, and when half of that time will be over. */
interface RetentionRisk {
  readonly lossAtMs: number
  readonly halfAtMs: number
}

interface RetentionWatchDeps {
  readonly metrics: Pick<Metrics, 'lossAt'>
  readonly log: Log
  readonly now: () => number
  readonly everyMs?: number
}

interface Watched extends RetentionRisk {
  readonly topic: string
  readonly partition: number
  isLate: boolean
}

interface RetentionWatch extends Disposable {
  /** The newest that is known; null: the partition belongs to another. */
  readonly report: (at: { readonly topic: string; readonly partition: number }, risk: RetentionRisk | null) => void
}

/**
 * Keeps `sluice_seconds_to_loss`, and warns once when half of the retention of what is unread is used up; it goes on
 * while nothing is reported, because that is when it is needed.
 */
export function watchRetention({ metrics, log, now, everyMs = 5_000 }: RetentionWatchDeps): RetentionWatch {
  const watched = new Map<string, Watched>()

  function look(): void {
    for (const one of watched.values()) {
      const isLate = now() >= one.halfAtMs
      const { topic, partition } = one
      const secondsToLoss = Math.round((one.lossAtMs - now()) / 1_000)
      if (isLate && !one.isLate)
        log.warn({ topic, partition, secondsToLoss }, 'half of the retention of what is unread is used up')
      if (!isLate && one.isLate) log.info({ topic, partition, secondsToLoss }, 'retention is no danger any more')
      one.isLate = isLate
    }
  }

  const timer = setInterval(look, everyMs)
  return {
    report({ topic, partition }, risk) {
      const key = `${topic}/${partition}`
      metrics.lossAt({ topic, partition }, risk?.lossAtMs ?? null)
      if (risk === null) watched.delete(key)
      else watched.set(key, { topic, partition, ...risk, isLate: watched.get(key)?.isLate ?? false })
    },
    [Symbol.dispose]: () => clearInterval(timer)
  }
}
