import { resolve } from 'node:path'
import { repositoryRoot } from './version.ts'

/** One environment variable: what it means, how its text is read, and what holds when it is not given. */
export interface Setting<T> {
  /** The type in words, as the README prints it. */
  readonly type: string
  readonly doc: string
  /** A secret is never printed, and may also be given as the path of a file in `<NAME>_FILE`. */
  readonly secret: boolean
  readonly required: boolean
  /** The default as it would be written into the environment; null where there is none. */
  readonly defaultText: string | null
  /** The value when nothing is given; only read when not required. */
  readonly fallback: T
  /** Throws an Error whose message says what was expected, never what was found. */
  read(text: string): T
}

/** What was found must not be shown, because it holds a secret where none belongs. */
export class SecretShownError extends Error {
  override readonly name = 'SecretShownError'
}

/** The value of a setting: undefined only where the declaration says `optional`. */
export type SettingValue<T, O> = O extends { readonly optional: true } ? T | undefined : T

interface Common<D> {
  /** One sentence, for the README. */
  readonly doc: string
  /** Without a default a setting must be given, unless it is optional. */
  readonly default?: D
  readonly optional?: true
}

interface Bounds {
  readonly min?: number
  readonly max?: number
}

interface TextOptions extends Common<string> {
  /** The whole value must match; `expected` says so in words: `a date such as 2013-09-01`. */
  readonly pattern?: RegExp
  readonly expected?: string
}

function text<const O extends TextOptions>(options: O): Setting<SettingValue<string, O>> {
  const { pattern, expected = `text like ${String(pattern)}` } = options
  return declare('text', options, String, (given) => {
    if (pattern !== undefined && !pattern.test(given)) throw new Error(expected)
    return given
  })
}

function secret<const O extends Omit<Common<string>, 'default'>>(options: O): Setting<SettingValue<string, O>> {
  return { ...declare('secret', options, String, (given) => given), secret: true }
}

function integer<const O extends Common<number> & Bounds>(options: O): Setting<SettingValue<number, O>> {
  const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = options
  return declare('integer', options, String, (given) => {
    const value = /^-?\d+$/.test(given) ? Number(given) : Number.NaN
    if (!(value >= min && value <= max)) throw new Error(`a whole number${range(options)}`)
    return value
  })
}

function number<const O extends Common<number> & Bounds>(options: O): Setting<SettingValue<number, O>> {
  const { min = -Infinity, max = Infinity } = options
  return declare('number', options, String, (given) => {
    const value = /^-?\d+(\.\d+)?$/.test(given) ? Number(given) : Number.NaN
    if (!(value >= min && value <= max)) throw new Error(`a number${range(options)}`)
    return value
  })
}

/** A TCP port; 0 takes any free one and logs it. */
function port<const O extends Common<number>>(options: O): Setting<SettingValue<number, O>> {
  return { ...integer({ ...options, min: 0, max: 65_535 }), type: 'port' }
}

function durationMs<const O extends Common<number> & Bounds>(options: O): Setting<SettingValue<number, O>> {
  const bounded = { ...options, min: options.min ?? 0 }
  const whole = integer(bounded)
  const read = (given: string) => {
    try {
      return whole.read(given)
    } catch {
      throw new Error(`milliseconds as a whole number without a unit${range(bounded)}`)
    }
  }
  return { ...whole, type: 'milliseconds', read }
}

function flag<const O extends Common<boolean>>(options: O): Setting<SettingValue<boolean, O>> {
  return declare('true or false', options, String, (given) => {
    if (given !== 'true' && given !== 'false') throw new Error('true or false')
    return given === 'true'
  })
}

function choice<const C extends readonly string[], const O extends Common<C[number]>>(
  options: O & { readonly choices: C }
): Setting<SettingValue<C[number], O>> {
  const words = options.choices.map((word) => `\`${word}\``).join(', ')
  return declare(words, options, String, (given) => {
    if (!options.choices.includes(given)) throw new Error(`one of ${options.choices.join(', ')}`)
    return given
  })
}

interface ListOptions extends Common<readonly string[]> {
  /** Each item must match as a whole; `expected` says so in words. */
  readonly item?: { readonly pattern: RegExp; readonly expected: string }
}

/** Comma-separated; blanks around an item are dropped, empty items are refused. */
function list<const O extends ListOptions>(options: O): Setting<SettingValue<readonly string[], O>> {
  return declare(
    'comma-separated list',
    options,
    (items) => items.join(','),
    (given) => {
      const items = given.split(',').map((item) => item.trim())
      if (items.includes('')) throw new Error('items separated by single commas')
      const { item } = options
      if (item !== undefined && !items.every((one) => item.pattern.test(one))) throw new Error(item.expected)
      return items
    }
  )
}

interface UrlOptions extends Common<string> {
  /** With the colon: `['redis:', 'rediss:']`. */
  readonly protocols: readonly string[]
}

/** A URL. It may name a user but holds no password: that is a setting of its own, which is secret. */
function url<const O extends UrlOptions>(options: O): Setting<SettingValue<string, O>> {
  const expected = `a URL beginning with ${options.protocols.map((protocol) => `${protocol}//`).join(' or ')}`
  return declare('URL', options, String, (given) => {
    const parsed = URL.parse(given)
    if (/:.*:.*@/.test(given) || (parsed?.password ?? '') !== '') {
      throw new SecretShownError(`${expected}, without a password`)
    }
    if (parsed === null || !options.protocols.includes(parsed.protocol)) throw new Error(expected)
    return given
  })
}

/** A path. Given ones are resolved from the working directory, relative defaults from the repository (`/app` in an image). */
function path<const O extends Common<string>>(options: O): Setting<SettingValue<string, O>> {
  const declared = declare<string, string, O>('path', options, String, (given) => resolve(given))
  return options.default === undefined ? declared : { ...declared, fallback: resolve(repositoryRoot, options.default) }
}

/** The kinds of settings. A declaration needs `doc`; without `default` or `optional` the setting must be given. */
export const setting = { text, secret, integer, number, port, flag, choice, list, url, path, durationMs } as const

function declare<T, D extends T, O extends Common<D>>(
  type: string,
  options: O,
  write: (value: D) => string,
  read: (given: string) => T
): Setting<SettingValue<T, O>> {
  return {
    type,
    doc: options.doc,
    secret: false,
    required: options.default === undefined && options.optional !== true,
    defaultText: options.default === undefined ? null : write(options.default),
    fallback: options.default as SettingValue<T, O>,
    read: read
  }
}

function range({ min, max }: Bounds): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`
  if (min !== undefined) return ` of at least ${min}`
  return max === undefined ? '' : ` of at most ${max}`
}
