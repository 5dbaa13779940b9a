/* What the domain’s page asks for. JSON: offsets are texts, times are milliseconds since the epoch. */

export interface FlightRow {
  readonly id: string
  readonly carrier: string
  readonly number: string
  readonly origin: string
  readonly destination: string
  readonly scheduledDeparture: string
  readonly scheduledArrival: string | null
  readonly risk: number | null
  readonly riskWhy: string
  readonly status: 'scheduled' | 'departed' | 'landed' | 'cancelled' | 'diverted'
  readonly departedAt: string | null
  readonly landedAt: string | null
  readonly arrivalDelayMinutes: number | null
  readonly departureDelayMinutes: number | null
  readonly model: string | null
}

export interface Airport {
  readonly code: string
  readonly next: readonly FlightRow[]
  readonly air: readonly FlightRow[]
  readonly landed: readonly FlightRow[]
}

export interface CalibrationBin {
  readonly from: number
  readonly to: number
  readonly flights: number
  readonly late: number
  readonly meanRisk: number
  readonly low: number
  readonly high: number
}

export interface DayQuality {
  readonly day: string
  readonly auc: number | null
  readonly low: number | null
  readonly high: number | null
  readonly judged: number
  readonly late: number
  readonly cancelled: number
  readonly diverted: number
  readonly open: number
}

export interface FlightsPage {
  readonly simMs: number | null
  /** Null: the board is live. */
  readonly boardProblem: string | null
  readonly boardAtMs: number | null
  readonly airports: readonly Airport[]
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
  readonly model: string | null
  /** Only flights scheduled to arrive before this are judged; cohorts are whole. */
  readonly cohortMs: number | null
  readonly cohortOpen: number
}
