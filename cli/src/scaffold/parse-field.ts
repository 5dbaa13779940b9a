import { mark } from './plan.ts'

/** One property of `data`. */
export interface Field {
  readonly name: string
  readonly schema: Readonly<Record<string, unknown>>
  /** A value that the schema allows; texts say that somebody has to replace them. */
  readonly example: unknown
}

interface Kind {
  /** Bounds that are taken where none are given; null: the kind has none. */
  readonly bounds: readonly [number, number] | null
  readonly schema: (min: number, max: number) => Readonly<Record<string, unknown>>
  readonly example: (min: number, max: number) => unknown
}

const kinds: Readonly<Record<string, Kind>> = {
  text: {
    bounds: [1, 200],
    schema: (minLength, maxLength) => ({ type: 'string', minLength, maxLength }),
    example: (min, max) => (max < mark.length ? 'x'.repeat(min) : mark.padEnd(min, '.'))
  },
  integer: {
    bounds: [0, 1_000_000],
    schema: (minimum, maximum) => ({ type: 'integer', minimum, maximum }),
    example: (min) => min
  },
  number: {
    bounds: [0, 1_000_000],
    schema: (minimum, maximum) => ({ type: 'number', minimum, maximum }),
    example: (min) => min
  },
  boolean: { bounds: null, schema: () => ({ type: 'boolean' }), example: () => false },
  time: {
    bounds: null,
    schema: () => ({ type: 'string', format: 'date-time', maxLength: 32 }),
    example: () => '2026-01-01T00:00:00Z'
  },
  date: { bounds: null, schema: () => ({ type: 'string', format: 'date' }), example: () => '2026-01-01' },
  int64: { bounds: null, schema: () => ({ type: 'string', format: 'int64' }), example: () => '0' }
}

const grammar = /^([A-Za-z][A-Za-z0-9_]{0,62}):([a-z0-9]+)(\?)?(?::(-?[0-9.]+)\.\.(-?[0-9.]+))?$/

/** `altitude_metres:number:0..60000`, `seen_at:time`, `remark:text?:1..500`; a text says what is wrong with it. */
export function parseField(text: string): Field | string {
  const expected = `name:type, such as altitude:number:0..60000, with one of the types ${Object.keys(kinds).join(', ')}`
  const [, name, type = '', optional, from, to] = grammar.exec(text) ?? []
  const kind = Object.hasOwn(kinds, type) ? kinds[type] : undefined
  if (name === undefined || kind === undefined) return `--field: expected ${expected}; found "${text}"`
  if (from !== undefined && kind.bounds === null) return `--field: expected no bounds for a ${type}; found "${text}"`
  const [min, max] = from === undefined ? (kind.bounds ?? [0, 0]) : [Number(from), Number(to)]
  const isFine = type === 'number' ? Number.isFinite(max - min) : Number.isSafeInteger(max - min)
  if (!isFine || min > max || (type === 'text' && min < 0))
    return `--field: expected bounds in order, such as 0..100; found "${text}"`
  const schema = kind.schema(min, max)
  const isGuess = kind.bounds !== null && from === undefined
  const description = `${mark}: what it is${isGuess ? `, and its bounds: ${min} to ${max} is a guess` : ''}.`
  const nullable = optional === undefined ? schema : { ...schema, type: [schema['type'], 'null'] }
  return { name, schema: { ...nullable, description }, example: kind.example(min, max) }
}
