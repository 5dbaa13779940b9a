import type { Log } from '@sluice/events'

/** For jobs: one JSON line per change of state, as the services write them. */
export function createJsonLog(service: string, write: (line: string) => void = console.log): Log {
  const at = (level: string) => (fields: object, msg: string) =>
    write(JSON.stringify({ level, time: new Date().toISOString(), service, ...fields, msg }))
  return { debug: () => undefined, info: at('info'), warn: at('warn'), error: at('error') }
}

/** For whoever tells its user otherwise. */
export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined
}
