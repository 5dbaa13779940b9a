const pattern = /^P(?=.)(?:(\d{1,5})D)?(?:T(?=.)(?:(\d{1,5})H)?(?:(\d{1,5})M)?(?:(\d{1,5})S)?)?$/

/** Milliseconds of an ISO 8601 duration of days, hours, minutes and seconds (`P7D`, `PT5M`), or null if it is none. */
export function durationMs(text: unknown): number | null {
  const match = typeof text === 'string' ? pattern.exec(text) : null
  if (!match) return null
  const [days, hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0))
  return (((days! * 24 + hours!) * 60 + minutes!) * 60 + seconds!) * 1000
}
