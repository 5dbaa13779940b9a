import { RefusedError } from '@sluice/events'
import type { Logger } from 'pino'
import { openAdminServer } from './admin-server.ts'
import { createDeadline } from './deadline.ts'
import { runtimeSettings, type RuntimeSettings } from './groups.ts'
import { createHealth } from './health.ts'
import { liveService, type LiveDeps } from './live-service.ts'
import { createLog } from './log.ts'
import { createMetrics } from './metrics.ts'
import { firstError, OpenStack } from './open-stack.ts'
import type { Service } from './service.ts'
import { readSettings, secretValues, type Environment, type SettingsValues } from './settings.ts'
import { versionOf } from './version.ts'
import { startWatchdog } from './watchdog.ts'

/** 78 is EX_CONFIG of sysexits: only an operator can help, starting again cannot. */
const exitCode = { stopped: 0, failed: 1, refused: 78 } as const

export interface RuntimeOptions {
  readonly env: Environment
  /** First stage: finish what is in hand, release, end. */
  readonly stop: AbortSignal
  /** Second stage: end at once, saying what is still open. */
  readonly force: AbortSignal
  /** Rejects with an error that nobody caught. */
  readonly fatal: Promise<never>
  readonly stopDeadlineMs?: number
  readonly write?: (line: string) => void
  readonly onListening?: (port: number) => void
}

interface Box extends LiveDeps {
  readonly name: string
  readonly settings: SettingsValues<RuntimeSettings>
  readonly onListening: (port: number) => void
}

/** Runs a service until it is told to stop, refuses or fails, and says with which code the process should exit. */
export async function runToEnd<S extends RuntimeSettings>(
  service: Service<S>,
  options: RuntimeOptions
): Promise<number> {
  const { name } = service
  const { values, runtime, problems } = readAll(service.settings, options.env)
  const version = versionOf(runtime?.GIT_SHA)
  const log = createLog({
    service: name,
    version,
    level: runtime?.LOG_LEVEL ?? 'info',
    secrets: values === null ? [] : secretValues(service.settings, values),
    ...(options.write && { write: options.write })
  })
  if (runtime === null) return refuse(log, problems)

  const { stop, onListening = () => {} } = options
  const health = createHealth({ log, elapsedMs: () => performance.now() })
  const metrics = createMetrics({ name, version, isReady: () => health.readiness().ready, now: Date.now })
  const box: Box = { name, version, settings: runtime, log, health, metrics, stop, onListening, stacks: [] }
  const deadline = createDeadline(options.stopDeadlineMs ?? 10_000, options.force)
  stop.addEventListener('abort', () => {
    log.info({}, 'stopping')
    health.stopping()
    deadline.begin()
  })

  async function live(): Promise<number> {
    await openBox(box)
    const end = values === null ? ({ kind: 'refused', problems } as const) : await liveService(service, values, box)
    if (end.kind === 'failed') log.fatal({ err: end.error }, 'failed')
    if (end.kind !== 'refused') {
      deadline.begin()
      return (await releaseDownTo(box, 0)) && end.kind === 'stopped' ? exitCode.stopped : exitCode.failed
    }
    deadline.begin()
    await releaseDownTo(box, 1)
    deadline.cancel()
    return endRefused(box, end.problems)
  }

  function overdue(why: 'time' | 'signal'): number {
    const open = box.stacks.toReversed().flatMap((stack) => stack.open())
    log.error({ open }, why === 'time' ? 'not stopped in time' : 'stopped by a second signal')
    return exitCode.failed
  }

  const code = await Promise.race([live(), deadline.passed.then(overdue), options.fatal]).catch((error: unknown) => {
    log.fatal({ err: error }, 'failed')
    return exitCode.failed
  })
  deadline.cancel()
  // Whatever else is stuck: the port and the watchdog's thread are let go.
  box.stacks[0]?.disposeAsync().catch(() => {})
  log.info({ code }, 'ended')
  return code
}

/** The part that the runtime needs is read by itself too, so that a service that is set up wrongly can stay. */
function readAll<S extends RuntimeSettings>(declaration: S, env: Environment) {
  try {
    const values = readSettings(declaration, env)
    return { values, runtime: values as SettingsValues<RuntimeSettings>, problems: [] }
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error
    return { values: null, runtime: readRuntime(declaration, env), problems: error.problems }
  }
}

function readRuntime(declaration: RuntimeSettings, env: Environment): SettingsValues<RuntimeSettings> | null {
  const names = Object.keys(runtimeSettings({ adminPort: 0 })) as (keyof RuntimeSettings)[]
  const only = Object.fromEntries(names.map((name) => [name, declaration[name]])) as unknown as RuntimeSettings
  try {
    return readSettings(only, Object.fromEntries(names.map((name) => [name, env[name]])))
  } catch {
    return null
  }
}

async function openBox({ name, version, settings, log, health, metrics, stacks, onListening }: Box): Promise<void> {
  const { ADMIN_HOST: host, ADMIN_PORT: port, WATCHDOG_MS: maxSilenceMs } = settings
  const stack = new OpenStack()
  stacks.push(stack)
  stack.use(startWatchdog({ ticks: health.ticks, maxSilenceMs, service: name }), 'watchdog')
  if (process.pid === 1 && maxSilenceMs > 0) {
    log.warn({}, 'process 1 of a container cannot be killed by its watchdog, run it under an init process')
  }
  const admin = await openAdminServer({ host, port, name, version, health, metrics, maxTickAgeMs: maxSilenceMs })
  stack.use(admin, 'admin server')
  log.info({ adminPort: admin.port }, 'starting')
  onListening(admin.port)
}

/** Releases the stacks above `depth`, the newest first. An error is logged and stops nothing; false says there was one. */
async function releaseDownTo({ stacks, log }: Box, depth: number): Promise<boolean> {
  let clean = true
  while (stacks.length > depth) {
    try {
      await stacks.at(-1)?.disposeAsync()
    } catch (error) {
      clean = false
      log.error({ err: firstError(error) }, 'release failed')
    }
    stacks.pop()
  }
  return clean
}

async function endRefused(box: Box, problems: readonly string[]): Promise<number> {
  const { settings, log, health, stop } = box
  if (settings.ON_REFUSED === 'exit' || stop.aborted) {
    await releaseDownTo(box, 0)
    return refuse(log, problems)
  }
  health.refused(problems)
  for (const problem of problems) log.error({ problem }, 'refused, staying')
  const timer = setInterval(health.tick, 1_000)
  await new Promise((resolve) => stop.addEventListener('abort', resolve, { once: true }))
  clearInterval(timer)
  return (await releaseDownTo(box, 0)) ? exitCode.stopped : exitCode.failed
}

function refuse(log: Logger, problems: readonly string[]): number {
  for (const problem of problems) log.fatal({ problem }, 'refused')
  return exitCode.refused
}
