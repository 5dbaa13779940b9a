/** Local time of one time zone, fast: Intl is asked once per quarter of an hour that occurs. */
export interface LocalClock {
  /** Minutes since local midnight, 0 to 1439. NaN for NaN. */
  readonly minuteOfDay: (epochMs: number) => number
  /** Monday 0 to Sunday 6. NaN for NaN. */
  readonly weekday: (epochMs: number) => number
}

const clocks = new Map<string, LocalClock>()

/** The clock of an IANA time zone; there is one per zone and process. */
export function clockOf(timeZone: string): LocalClock {
  const known = clocks.get(timeZone)
  if (known) return known
  const clock = createClock(timeZone)
  clocks.set(timeZone, clock)
  return clock
}

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs
/** Every change of an offset since 1972 falls on such a boundary. */
const stepMs = 15 * minuteMs
/** A year of quarter hours is 35,040. */
const mostSteps = 50_000

function createClock(timeZone: string): LocalClock {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'iso8601',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    era: 'short',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric'
  })
  const offsets = new Map<number, number>()

  function localMs(epochMs: number): number {
    if (Number.isNaN(epochMs)) return NaN
    const step = Math.floor(epochMs / stepMs)
    let offset = offsets.get(step)
    if (offset === undefined) {
      offset = offsetAt(format, step * stepMs)
      if (offsets.size >= mostSteps) offsets.clear()
      offsets.set(step, offset)
    }
    return epochMs + offset
  }

  return {
    minuteOfDay: (epochMs) => Math.floor(modulo(localMs(epochMs), dayMs) / minuteMs),
    // 1970-01-01 was a Thursday, day 3.
    weekday: (epochMs) => modulo(Math.floor(localMs(epochMs) / dayMs) + 3, 7)
  }
}

function offsetAt(format: Intl.DateTimeFormat, epochMs: number): number {
  const part: Partial<Record<Intl.DateTimeFormatPartTypes, string>> = {}
  for (const { type, value } of format.formatToParts(epochMs)) part[type] = value
  const local = new Date(0)
  local.setUTCFullYear(Number(part.year), Number(part.month) - 1, Number(part.day))
  local.setUTCHours(Number(part.hour), Number(part.minute), Number(part.second))
  return local.getTime() - epochMs
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by
}
