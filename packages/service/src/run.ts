import { runToEnd } from './runtime.ts'
import { crashAt } from './crash-at.ts'
import type { RuntimeSettings } from './groups.ts'
import type { Service } from './service.ts'

/** A signal this soon after the first is the same one: a terminal and npm send up to three for one Ctrl-C. */
const sameSignalMs = 2_000

/**
 * The whole life of a service's process: settings from the environment, start, signals, exit code.
 * 0: stopped as told. 1: failed, or not stopped in time. 78: must not run as it is set up. Nobody else touches signals.
 */
export async function run<S extends RuntimeSettings>(service: Service<S>): Promise<never> {
  const stop = new AbortController()
  const force = new AbortController()
  const fatal = Promise.withResolvers<never>()
  let firstMs: number | null = null

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      firstMs ??= performance.now()
      if (stop.signal.aborted && performance.now() - firstMs >= sameSignalMs) force.abort()
      stop.abort()
    })
  }
  // A rejection that nobody handles arrives here too.
  process.on('uncaughtException', (error) => fatal.reject(error))

  crashAt(process.env)
  const code = await runToEnd(service, {
    env: process.env,
    stop: stop.signal,
    force: force.signal,
    fatal: fatal.promise
  })
  process.exit(code)
}
