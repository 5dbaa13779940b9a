import assert from 'node:assert/strict'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { RuntimeSettings } from './groups.ts'
import type { Readiness } from './health.ts'
import { runToEnd } from './runtime.ts'
import type { Service } from './service.ts'
import type { Environment, Settings } from './settings.ts'
import { withSettingsTable } from './settings-table.ts'

/** Fails when the settings table of a README (or of the README.md of a folder) is not what the declaration prints. */
export function assertReadmeSettings(path: string, settings: Settings): void {
  const file = statSync(path).isDirectory() ? join(path, 'README.md') : path
  const readme = readFileSync(file, 'utf8')
  assert.equal(readme, withSettingsTable(readme, settings), `${file} is stale: run node tools/write-settings.ts`)
}

export interface RunningForTest extends AsyncDisposable {
  readonly adminUrl: string
  /** Log lines so far, parsed. */
  readonly lines: readonly Readonly<Record<string, unknown>>[]
  /** Resolves with the exit code that the process would have had. */
  readonly ended: Promise<number>
  readyz(): Promise<Readiness>
  metrics(): Promise<string>
  /** As a SIGTERM; returns the exit code. */
  stop(): Promise<number>
}

/** Runs a service within the test's own process, on a free admin port and without a watchdog. Disposing stops it. */
export async function runForTest<S extends RuntimeSettings>(
  service: Service<S>,
  env: Environment,
  { stopDeadlineMs = 10_000 }: { readonly stopDeadlineMs?: number } = {}
): Promise<RunningForTest> {
  const stop = new AbortController()
  const lines: Record<string, unknown>[] = []
  const listening = Promise.withResolvers<number>()
  const ended = runToEnd(service, {
    env: { ADMIN_HOST: '127.0.0.1', ADMIN_PORT: '0', WATCHDOG_MS: '0', ...env },
    stop: stop.signal,
    force: new AbortController().signal,
    fatal: Promise.withResolvers<never>().promise,
    stopDeadlineMs,
    write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>),
    onListening: listening.resolve
  })
  const port = await Promise.race([listening.promise, ended])
  const adminUrl = `http://127.0.0.1:${port}`
  const get = async (path: string) => (await fetch(adminUrl + path)).text()

  async function end(): Promise<number> {
    stop.abort()
    return ended
  }
  return {
    adminUrl,
    lines,
    ended,
    readyz: async () => JSON.parse(await get('/readyz')) as Readiness,
    metrics: () => get('/metrics'),
    stop: end,
    async [Symbol.asyncDispose]() {
      await end()
    }
  }
}
