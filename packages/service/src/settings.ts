import { readFileSync } from 'node:fs'
import { RefusedError } from '@sluice/events'
import { SecretShownError, type Setting } from './setting.ts'

/** Settings by the name of their environment variable. */
export type Settings = Readonly<Record<string, Setting<unknown>>>

/** What `readSettings` yields for a declaration. */
export type SettingsValues<S extends Settings> = { readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : never }

export type Environment = Readonly<Record<string, string | undefined>>

/** Declares the settings of a service, once. Groups are spread in; a later declaration of a name replaces an earlier one. */
export function defineSettings<const S extends Settings>(declaration: S): S {
  for (const name of Object.keys(declaration)) {
    if (!/^[A-Z][A-Z0-9_]*$/.test(name)) throw new Error(`setting ${name}: names are capitals, digits and underscores`)
  }
  return declaration
}

/**
 * Reads every setting from the environment; an empty variable counts as not given.
 * Throws RefusedError with all problems at once. No problem shows the value of a secret.
 */
export function readSettings<S extends Settings>(declaration: S, env: Environment): SettingsValues<S> {
  const problems: string[] = []
  const values: Record<string, unknown> = {}
  for (const [name, declared] of Object.entries(declaration)) {
    try {
      const given = givenText(name, declared, env)
      values[name] = given === null ? declared.fallback : readGiven(name, declared, given)
    } catch (error) {
      problems.push((error as Error).message)
    }
  }
  problems.push(...misspelled(declaration, env))
  if (problems.length > 0) throw new RefusedError(problems)
  return values as SettingsValues<S>
}

/** The secret values among these settings, for the log to keep out. */
export function secretValues<S extends Settings>(declaration: S, values: SettingsValues<S>): string[] {
  const secrets = Object.keys(declaration).filter((name) => declaration[name]?.secret)
  return secrets.map((name): unknown => values[name]).filter((value) => typeof value === 'string')
}

function givenText(name: string, declared: Setting<unknown>, env: Environment): string | null {
  const direct = env[name] === '' ? undefined : env[name]
  const file = declared.secret && env[`${name}_FILE`] !== '' ? env[`${name}_FILE`] : undefined
  if (direct !== undefined && file !== undefined) throw new Error(`${name} and ${name}_FILE are both set, expected one`)
  if (direct !== undefined) return direct
  if (file !== undefined) return readSecretFile(`${name}_FILE`, file)
  if (declared.required) throw new Error(`${name} is not set, expected ${declared.type}: ${declared.doc}`)
  return null
}

function readSecretFile(name: string, path: string): string {
  let content: string
  try {
    content = readFileSync(path, 'utf8').trim()
  } catch (error) {
    throw new Error(`${name} is "${path}", which cannot be read: ${(error as Error).message}`, { cause: error })
  }
  if (content === '') throw new Error(`${name} is "${path}", which is empty`)
  return content
}

function readGiven(name: string, declared: Setting<unknown>, given: string): unknown {
  try {
    return declared.read(given)
  } catch (error) {
    const shown =
      declared.secret || error instanceof SecretShownError ? 'a value that is not shown' : JSON.stringify(given)
    throw new Error(`${name} is ${shown}, expected ${(error as Error).message}`, { cause: error })
  }
}

/**
 * Variables that look like a slip of one of ours. Others are left alone: an environment holds much that is not for us
 * (Kubernetes alone adds several variables per service that it knows).
 */
function misspelled(declaration: Settings, env: Environment): string[] {
  const names = Object.entries(declaration).flatMap(([name, { secret }]) => (secret ? [name, `${name}_FILE`] : [name]))
  const known = new Set(names)
  return Object.keys(env).flatMap((given) => {
    if (known.has(given) || given.length < 7) return []
    const meant = names.find((name) => env[name] === undefined && distance(given, name) <= 2)
    return meant === undefined ? [] : [`${given} is not a setting of this service, expected ${meant}`]
  })
}

/** Levenshtein distance. */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return Infinity
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
