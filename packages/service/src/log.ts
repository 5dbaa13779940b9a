import { pino, stdTimeFunctions, stdSerializers, type Logger } from 'pino'

export interface LogOptions {
  readonly service: string
  readonly version: string
  readonly level: string
  /** Values that no line may contain, whatever field or message they arrive in. */
  readonly secrets: readonly string[]
  /** Takes one line; standard output by default. */
  readonly write?: (line: string) => void
}

/**
 * JSON lines: `level`, `time`, `service`, `version`, the fields, `msg`. Written synchronously: lines are few (one per
 * change of state) and the last one before an exit is the one that matters.
 */
export function createLog({ service, version, level, secrets, write }: LogOptions): Logger {
  const out = write ?? toStandardOutput()
  const hidden = secrets.flatMap(spellings)
  return pino(
    {
      level,
      base: { service, version },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: stdSerializers.err, error: stdSerializers.err },
      redact: { paths: namesOfSecrets, censor: '[hidden]' }
    },
    { write: (line: string) => out(hidden.reduce((text, secret) => text.replaceAll(secret, '[hidden]'), line)) }
  )
}

/** Fields that are secret wherever they come from: requests and settings are never logged, this is the second lock. */
const namesOfSecrets = ['password', 'secret', 'authorization', 'apiKey', 'key'].flatMap((name) => [name, `*.${name}`])

function toStandardOutput(): (line: string) => void {
  const destination = pino.destination({ dest: 1, sync: true })
  return (line) => {
    destination.write(line)
  }
}

/** A secret as it would look in JSON and in a URL. Short ones are left out: hiding "a" everywhere tells more than it hides. */
function spellings(secret: string): string[] {
  if (secret.length < 6) return []
  return [...new Set([secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)])]
}
