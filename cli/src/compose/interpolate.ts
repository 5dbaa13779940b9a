import { existsSync, readFileSync } from 'node:fs'

export type Variables = Readonly<Record<string, string | undefined>>

/** Fills in `$NAME`, `${NAME}`, `${NAME:-default}` and `${NAME-default}`; `$$` is a dollar. As Compose does it. */
export function interpolate(text: string, variables: Variables): string {
  return text.replace(
    /\$(?:(\$)|([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?:(:?-)([^{}]*))?\}|)/g,
    (whole, dollar, bare, name, operator, fallback) => {
      if (dollar !== undefined) return '$'
      if (bare === undefined && name === undefined)
        throw new Error(`${JSON.stringify(text)}: "${whole}" is not understood here; write $$ for a dollar`)
      const value = variables[bare ?? name]
      const isMissing = operator === ':-' ? value === undefined || value === '' : value === undefined
      return isMissing ? (fallback ?? '') : (value ?? '')
    }
  )
}

/** The same for every string within a parsed file. */
export function interpolateAll(value: unknown, variables: Variables): unknown {
  if (typeof value === 'string') return interpolate(value, variables)
  if (Array.isArray(value)) return value.map((item) => interpolateAll(item, variables))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, interpolateAll(item, variables)]))
}

/** An optional `.env` beside the compose file: `NAME=value` lines and comments. Docker Compose reads it too. */
export function readEnvFile(file: string): Variables {
  if (!existsSync(file)) return {}
  const lines = readFileSync(file, 'utf8').split('\n')
  return Object.fromEntries(
    lines
      .map((line) => /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*$/.exec(line))
      .filter((match) => match !== null)
      .map(([, name, value]) => [name, value?.replace(/^(["'])(.*)\1$/, '$2')])
  )
}
