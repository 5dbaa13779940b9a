/** Numbers, times and sizes as they are shown: exact up to 99,999, two units at most, real minus, narrow no-break space. */
export const thin = '\u202f'
const nothing = '–'

export function count(value: number | null | undefined): string {
  if (value === null || value === undefined) return nothing
  return value.toLocaleString('en-US').replace('-', '−')
}

function compact(value: number | null): string {
  if (value === null) return nothing
  if (Math.abs(value) <= 99_999) return count(Math.round(value))
  for (const [size, sign] of [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k']
  ] as const) {
    if (Math.abs(value) >= size) return `${Number((value / size).toPrecision(3))}${thin}${sign}`
  }
  return count(value)
}

export function rate(perSecond: number | null): string {
  if (perSecond === null) return nothing
  if (perSecond === 0) return `0${thin}/s`
  if (perSecond < 1) return `${(perSecond * 60).toFixed(1)}${thin}/min`
  return `${perSecond < 10 ? perSecond.toFixed(1) : compact(Math.round(perSecond))}${thin}/s`
}

export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return nothing
  const sign = ms < 0 ? '−' : ''
  const abs = Math.abs(ms)
  if (abs < 1_000) return `${sign}${Math.round(abs)}${thin}ms`
  if (abs < 10_000) return `${sign}${(abs / 1_000).toFixed(1)}${thin}s`
  if (abs < 60_000) return `${sign}${Math.round(abs / 1_000)}${thin}s`
  return sign + twoUnits(Math.round(abs / 1_000))
}

function twoUnits(seconds: number): string {
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}${thin}min ${pad(seconds % 60)}${thin}s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 1_440) return `${Math.floor(minutes / 60)}${thin}h ${pad(minutes % 60)}${thin}min`
  const hours = Math.floor(minutes / 60)
  return `${Math.floor(hours / 24)}${thin}d ${hours % 24}${thin}h`
}

/** A percentile: above the highest bucket only that is known. JSON carries Infinity as null beside a ceiling. */
export function percentile(seconds: number | null, ceiling: number | null, measured: boolean): string {
  if (!measured) return nothing
  if (seconds === null) return ceiling === null ? nothing : `over ${duration(ceiling * 1_000)}`
  return duration(seconds * 1_000)
}

export function bytes(value: number | null): string {
  if (value === null) return nothing
  if (value < 1_024) return `${value}${thin}B`
  for (const [power, unit] of [
    [3, 'GiB'],
    [2, 'MiB'],
    [1, 'KiB']
  ] as const) {
    const size = value / 1_024 ** power
    if (size >= 1) return `${size < 10 ? size.toFixed(1) : Math.round(size)}${thin}${unit}`
  }
  return nothing
}

export function percent(share: number | null, digits = 0): string {
  return share === null ? nothing : `${(share * 100).toFixed(digits)}${thin}%`
}

/** `15:26:54Z` today, with the date otherwise. */
export function clock(ms: number | null, { millis = false, nowMs = Date.now() } = {}): string {
  if (ms === null) return nothing
  const text = new Date(ms).toISOString()
  const time = `${text.slice(11, millis ? 23 : 19)}Z`
  return text.slice(0, 10) === new Date(nowMs).toISOString().slice(0, 10) ? time : `${text.slice(0, 10)} ${time}`
}

/** `2013-02-08 14:25Z` */
export function simTime(ms: number | null): string {
  return ms === null ? nothing : `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')}Z`
}

/** `14:25Z` of an ISO time. */
export function hourMinute(iso: string | null): string {
  return iso === null || iso === '' ? nothing : `${iso.slice(11, 16)}Z`
}

/** `20130208-UA…-EWR`: ids differ at both ends. */
export function middle(text: string, length = 24): string {
  if (text.length <= length) return text
  const head = Math.ceil((length - 1) * 0.6)
  return `${text.slice(0, head)}…${text.slice(text.length - (length - 1 - head))}`
}

export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`
}

function pad(n: number): string {
  return String(n).padStart(2, '0')
}
