import type { CalibrationBin, DayQuality } from '../wire/flights.ts'

/** Late is more than this after the scheduled arrival, as in the label of the model. */
export const lateMinutes = 15

/** What is known of one flight's prediction and of what became of it. */
export interface Judged {
  risk: number | null
  scheduledArrivalMs: number
  outcome: 'open' | 'landed' | 'cancelled' | 'diverted'
  late: boolean
}

export interface Quality {
  readonly bins: readonly CalibrationBin[]
  readonly days: readonly DayQuality[]
  readonly judged: number
  readonly late: number
  readonly cancelled: number
  readonly diverted: number
  readonly unscored: number
  readonly auc: number | null
  readonly aucLow: number | null
  readonly aucHigh: number | null
  readonly cohortOpen: number
}

const minFlightsForAuc = 100
const scoreBins = 1_000
const dayMs = 86_400_000

/**
 * Judges whole cohorts: of all flights that were scheduled to arrive before `cohortMs`, whether they have landed or not.
 * Late flights land later, so "landed so far" would flatter the model.
 */
export function judgeQuality(flights: Iterable<Judged>, cohortMs: number): Quality {
  const all = createTally()
  const days = new Map<number, ReturnType<typeof createTally>>()
  for (const flight of flights) {
    if (flight.scheduledArrivalMs >= cohortMs) continue
    const day = Math.floor(flight.scheduledArrivalMs / dayMs)
    const tally = days.get(day) ?? createTally()
    days.set(day, tally)
    tally.add(flight)
    all.add(flight)
  }
  const { counts } = all
  const total = all.auc()
  return {
    bins: all.bins(),
    days: [...days]
      .toSorted(([a], [b]) => a - b)
      .map(([day, tally]) => ({
        day: new Date(day * dayMs).toISOString().slice(0, 10),
        ...intervalOf(tally.auc()),
        judged: tally.counts.judged,
        late: tally.counts.late,
        cancelled: tally.counts.cancelled,
        diverted: tally.counts.diverted,
        open: tally.counts.open
      })),
    judged: counts.judged,
    late: counts.late,
    cancelled: counts.cancelled,
    diverted: counts.diverted,
    unscored: counts.unscored,
    auc: total?.auc ?? null,
    aucLow: total?.low ?? null,
    aucHigh: total?.high ?? null,
    cohortOpen: counts.open
  }
}

interface Auc {
  readonly auc: number
  readonly low: number
  readonly high: number
}

function intervalOf(auc: Auc | null): { auc: number | null; low: number | null; high: number | null } {
  return auc ?? { auc: null, low: null, high: null }
}

function createTally() {
  const late = new Uint32Array(scoreBins)
  const punctual = new Uint32Array(scoreBins)
  const riskSums = new Float64Array(10)
  const counts = { judged: 0, late: 0, cancelled: 0, diverted: 0, open: 0, unscored: 0 }
  return {
    counts,
    add({ risk, outcome, late: isLate }: Judged): void {
      if (outcome !== 'landed') {
        counts[outcome]++
        return
      }
      if (risk === null) {
        counts.unscored++
        return
      }
      counts.judged++
      if (isLate) counts.late++
      const bin = Math.min(scoreBins - 1, Math.floor(risk * scoreBins))
      ;(isLate ? late : punctual)[bin]!++
      riskSums[Math.min(9, Math.floor(risk * 10))]! += risk
    },
    bins(): CalibrationBin[] {
      return Array.from({ length: 10 }, (_, i) => {
        const size = scoreBins / 10
        const positive = sum(late.subarray(i * size, (i + 1) * size))
        const flights = positive + sum(punctual.subarray(i * size, (i + 1) * size))
        const [low, high] = wilson(positive, flights)
        return {
          from: i / 10,
          to: (i + 1) / 10,
          flights,
          late: positive,
          meanRisk: flights === 0 ? 0 : riskSums[i]! / flights,
          low,
          high
        }
      })
    },
    auc: () => (counts.judged < minFlightsForAuc ? null : aucOf(late, punctual))
  }
}

/**
 * Probability that a late flight has the higher score (ties count half), with a 95 % interval by Hanley and McNeil,
 * "The meaning and use of the area under a ROC curve", Radiology 143 (1982). Null: only one of the two occurred.
 */
export function aucOf(positive: Uint32Array, negative: Uint32Array): Auc | null {
  const p = sum(positive)
  const n = sum(negative)
  if (p === 0 || n === 0) return null
  let below = 0
  let wins = 0
  for (let i = 0; i < positive.length; i++) {
    wins += positive[i]! * (below + negative[i]! / 2)
    below += negative[i]!
  }
  const auc = wins / (p * n)
  const q1 = auc / (2 - auc)
  const q2 = (2 * auc * auc) / (1 + auc)
  const variance = (auc * (1 - auc) + (p - 1) * (q1 - auc * auc) + (n - 1) * (q2 - auc * auc)) / (p * n)
  const half = 1.96 * Math.sqrt(Math.max(0, variance))
  return { auc, low: Math.max(0, auc - half), high: Math.min(1, auc + half) }
}

/** 95 % interval of a share (Wilson 1927). */
function wilson(k: number, n: number): [low: number, high: number] {
  if (n === 0) return [0, 1]
  const z = 1.96
  const share = k / n
  const centre = (share + (z * z) / (2 * n)) / (1 + (z * z) / n)
  const half = (z * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n))) / (1 + (z * z) / n)
  return [Math.max(0, centre - half), Math.min(1, centre + half)]
}

function sum(values: Uint32Array): number {
  return values.reduce((a, b) => a + b, 0)
}
