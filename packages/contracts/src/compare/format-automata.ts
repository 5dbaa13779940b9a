import { single } from './char-set.ts'
import type { CharSet } from '../parse-pattern.ts'
import type { Edge, State } from './automaton.ts'

/** The texts of each format, the same that the validator's own checks accept (`isStrictDate` and its neighbours). */
export function formatAutomaton(format: 'date-time' | 'date' | 'int64'): State {
  if (format === 'int64') return int64
  return format === 'date' ? date(() => end) : date((day) => character(`T${day}`, 'T', () => time(day)))
}

const digits: CharSet = [[0x30, 0x39]]
const end: State = { key: 'end', accepts: true, edges: () => [] }

/** Days on which an offset can carry an instant out of the years 0001 to 9999. */
type Day = 'first' | 'last' | 'any'

const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** A day that exists. Of a year only what decides is kept: whether it is leap, and whether it is the first or last one. */
function date(then: (day: Day) => State): State {
  return digit('y', (a) =>
    digit(`y${a}`, (b) =>
      // Of a century: whether 400 divides it, whether it is 00 or 99.
      centuryYears({
        isLeap: (10 * a + b) % 4 === 0,
        edge: a === 0 && b === 0 ? 'first' : a === 9 && b === 9 ? 'last' : 'any'
      })
    )
  )

  function centuryYears({ isLeap, edge }: { isLeap: boolean; edge: Day }): State {
    return digit(`c${isLeap}${edge}`, (c) =>
      digit(`c${isLeap}${edge}${c}`, (d) => {
        const year = 10 * c + d
        if (edge === 'first' && year === 0) return null
        const isEdge = (edge === 'first' && year === 1) || (edge === 'last' && year === 99)
        return monthOf(year === 0 ? isLeap : year % 4 === 0, isEdge ? edge : 'any')
      })
    )
  }

  function monthOf(isLeap: boolean, edge: Day): State {
    const key = `m${isLeap}${edge}`
    return character(key, '-', () =>
      digit(`${key}-`, (a) =>
        digit(`${key}${a}`, (b) => {
          const month = 10 * a + b
          const days = monthDays[month - 1]
          if (days === undefined) return null
          const isEdge = (edge === 'first' && month === 1) || (edge === 'last' && month === 12)
          return dayOf(month === 2 && isLeap ? 29 : days, isEdge ? edge : 'any')
        })
      )
    )
  }

  function dayOf(days: number, edge: Day): State {
    const key = `d${days}${edge}`
    return character(key, '-', () =>
      digit(`${key}-`, (a) =>
        digit(`${key}${a}`, (b) => {
          const day = 10 * a + b
          if (day < 1 || day > days) return null
          return then((edge === 'first' && day === 1) || (edge === 'last' && day === 31) ? edge : 'any')
        })
      )
    )
  }
}

/** `12:00:00.5Z`, up to six digits of a fraction, `Z` or an offset. */
function time(day: Day): State {
  // Only on the first and the last day it matters what the time was.
  const kept = (minutes: number): number => (day === 'any' ? 0 : minutes)
  const key = (part: string, at: number): string => `${part}.${day}.${at}.`
  return below(24, key('h', 0), (hour) =>
    character(`${key('h', kept(hour))}:`, ':', () =>
      below(60, key('m', kept(hour)), (minute) => {
        const at = kept(60 * hour + minute)
        return character(`${key('m', at)}:`, ':', () => seconds(at))
      })
    )
  )

  function seconds(at: number): State {
    const second = { key: key('s', at), accepts: false, edges: () => [{ set: digits, to: fraction(at, -1) }] }
    return { key: key('S', at), accepts: false, edges: () => [{ set: [[0x30, 0x35]], to: second }] }
  }

  /** `count`: digits of the fraction so far; -1 before its point. */
  function fraction(at: number, count: number): State {
    return {
      key: `${key('f', at)}${count}`,
      accepts: false,
      edges: () => [
        ...(count === -1 ? [{ set: single('.'), to: fraction(at, 0) }] : []),
        ...(count >= 0 && count < 6 ? [{ set: digits, to: fraction(at, count + 1) }] : []),
        ...(count === 0 ? [] : zones(at))
      ]
    }
  }

  function zones(at: number): readonly Edge[] {
    return [
      { set: single('Z'), to: end },
      { set: single('+'), to: day === 'first' ? upTo(clock(at)) : upTo('23:59') },
      { set: single('-'), to: day === 'last' ? upTo(clock(24 * 60 - 1 - at)) : upTo('23:59') }
    ]
  }
}

/** An offset without its sign, at most this one. Equal digits lead on along the limit, a smaller one to any offset below. */
function upTo(limit: string): State {
  const at = 5 - limit.length
  if (limit === '') return end
  if (at === 2) return character(`o${limit}`, ':', () => upTo(limit.slice(1)))
  const most = Number(limit[0])
  const rest = at === 0 ? '9:59' : at === 1 ? ':59' : at === 3 ? '9' : ''
  return {
    key: `o${limit}`,
    accepts: false,
    edges: () => [
      ...(most === 0 ? [] : [{ set: [[0x30, 0x30 + most - 1]] as const, to: upTo(rest) }]),
      { set: [[0x30 + most, 0x30 + most]], to: upTo(limit.slice(1)) }
    ]
  }
}

/** `23:59` */
function clock(minutes: number): string {
  return [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0')).join(':')
}

/** Two digits below a limit. */
function below(limit: number, key: string, next: (value: number) => State | null): State {
  return digit(key, (a) =>
    10 * a >= limit ? null : digit(`${key}${a}`, (b) => (10 * a + b >= limit ? null : next(10 * a + b)))
  )
}

/** The canonical decimal spelling of a signed integer of 64 bits. */
const int64: State = {
  key: 'start',
  accepts: false,
  edges: () => [
    { set: single('-'), to: digit('-', (d) => (d === 0 ? null : integer('-', '9223372036854775808', 0, 0, d))) },
    ...onDigits((d) => (d === 0 ? end : integer('', '9223372036854775807', 0, 0, d)))
  ]
}

/** After the digit `d`: `count` digits came before, which compare to as many of the limit as `order` says. */
function integer(sign: string, limit: string, count: number, order: number, d: number): State {
  const now = order === 0 ? Math.sign(d - Number(limit[count])) : order
  return {
    key: `${sign}${count}${now}`,
    accepts: count < 18 || now <= 0,
    edges: () => (count === 18 ? [] : onDigits((next) => integer(sign, limit, count + 1, now, next)))
  }
}

function digit(key: string, next: (d: number) => State | null): State {
  return { key, accepts: false, edges: () => onDigits(next) }
}

function character(key: string, wanted: string, next: () => State): State {
  return { key, accepts: false, edges: () => [{ set: single(wanted), to: next() }] }
}

function onDigits(next: (d: number) => State | null): readonly Edge[] {
  return Array.from('0123456789').flatMap((text, d) => {
    const to = next(d)
    return to === null ? [] : { set: single(text), to }
  })
}
