const dates = new Map<number, string>()
const clocks = Array.from({ length: 1440 }, (_, minute) => {
  const [hour, rest] = [Math.floor(minute / 60), minute % 60]
  return `T${String(hour).padStart(2, '0')}:${String(rest).padStart(2, '0')}:00Z`
})
const offsets = new Map<string, (hour: number) => number>()

/** Minutes since 1970 on the clock of a time zone, for minutes since 1970 in UTC. Zones move at full hours only. */
export function localMinutes(utcMinutes: number, timeZone: string): number {
  let offsetAt = offsets.get(timeZone)
  if (offsetAt === undefined) {
    offsetAt = createOffsets(timeZone)
    offsets.set(timeZone, offsetAt)
  }
  return utcMinutes + offsetAt(Math.floor(utcMinutes / 60))
}

/** The date, `2013-01-01`, of minutes since 1970. */
export function dateOf(minutes: number): string {
  const day = Math.floor(minutes / 1440)
  let date = dates.get(day)
  if (date === undefined) {
    date = new Date(day * 86_400_000).toISOString().slice(0, 10)
    dates.set(day, date)
  }
  return date
}

/** RFC 3339 in UTC, to the second: `2013-01-01T10:15:00Z`. */
export function isoMinute(minutes: number): string {
  return `${dateOf(minutes)}${clocks[minutes - Math.floor(minutes / 1440) * 1440]}`
}

/** The formatter is slow, and a year has only 8,760 hours. */
function createOffsets(timeZone: string): (hour: number) => number {
  const known = new Map<number, number>()
  const formatter = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric'
  })
  return function offsetAt(hour) {
    let offset = known.get(hour)
    if (offset === undefined) {
      const part: Record<string, number> = {}
      for (const { type, value } of formatter.formatToParts(hour * 3_600_000)) part[type] = Number(value)
      const { year = 0, month = 0, day = 0, hour: local = 0, minute = 0 } = part
      offset = Date.UTC(year, month - 1, day, local, minute) / 60_000 - hour * 60
      known.set(hour, offset)
    }
    return offset
  }
}
