import { relative } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { styleText } from 'node:util'
import { dataDirOf, dataDirOption } from '../data-dir.ts'
import { isDetached, startDetached, tellStarted } from '../detach.ts'
import { createFigures, type Figures } from '../figures.ts'
import { followClock } from '../follow-clock.ts'
import { onStopSignal } from '../on-stop-signal.ts'
import { Progress } from '../progress.ts'
import type { Command } from '../command.ts'
import { showProcess } from '../show-process.ts'
import { openPlatform, type Platform } from '../start-platform.ts'

export const start: Command = {
  name: 'start',
  summary: 'runs the platform of docker-compose.yml without Docker, until Ctrl-C',
  options: {
    fresh: { type: 'boolean', help: 'removes the data of earlier runs first' },
    detach: { type: 'boolean', help: 'goes on in the background once everything is ready; sluice stop stops it' },
    only: {
      type: 'string',
      value: 'A,B',
      help: 'only these services, and what they depend on',
      default: 'all',
      completes: 'service'
    },
    'port-offset': {
      type: 'string',
      value: 'N',
      help: 'moves every port by so much; SLUICE_PORT_<SERVICE>_<PORT> moves one',
      default: '0'
    },
    'free-ports': { type: 'boolean', help: 'takes whatever ports are free' },
    'data-dir': dataDirOption,
    'compose-file': {
      type: 'string',
      value: 'FILE',
      help: 'what to run',
      default: 'docker-compose.yml',
      completes: 'file'
    }
  },
  exits: { 0: 'stopped as told; with --detach: everything is ready' },
  examples: ['start', 'start --fresh --only enricher', 'start --detach --free-ports --data-dir .sluice/learn'],
  async run(values) {
    const dataDir = dataDirOf(values['data-dir'])
    if (values['detach'] === true)
      return startDetached(
        dataDir,
        process.argv.slice(3).filter((arg) => arg !== '--detach')
      )
    const progress = new Progress()
    // npm may be gone before us; there is nobody to tell then.
    process.stdout.on('error', () => undefined)
    let platform: Platform | undefined
    const signals = onStopSignal(() => process.exit(1), { whenOrphaned: !isDetached() })
    try {
      platform = await openPlatform({
        dataDir,
        ...(typeof values['port-offset'] === 'string' && { portOffset: Number(values['port-offset']) }),
        ...(typeof values['compose-file'] === 'string' && { composeFile: values['compose-file'] }),
        ...(typeof values['only'] === 'string' && { services: values['only'].split(',') }),
        ports: values['free-ports'] === true ? 'free' : 'default',
        fresh: values['fresh'] === true,
        readyTimeoutMs: null,
        onChange: (supervised) => showProcess(progress, supervised),
        say: (id, line) => progress.step(id, 'run', line)
      })
      return await runUntilStopped(platform, progress, signals.stop)
    } finally {
      progress.stop()
      signals.dispose()
    }
  }
}

async function runUntilStopped(platform: Platform, progress: Progress, stop: AbortSignal): Promise<number> {
  const began = performance.now()
  for (const supervised of platform.processes) showProcess(progress, supervised)
  const stopped = new Promise<'stopped'>((done) =>
    stop.addEventListener('abort', () => done('stopped'), { once: true })
  )
  const outcome = await Promise.race([platform.started.then(() => 'started' as const), stopped]).catch(
    (error: unknown) => {
      progress.log(error instanceof Error ? error.message : String(error))
      return 'failed' as const
    }
  )
  if (outcome === 'started') {
    progress.clearSteps()
    for (const line of whereToLook(platform, performance.now() - began)) progress.log(line)
    tellStarted()
    await Promise.race([summarise(platform, progress, stop), stopped])
  }
  if (outcome === 'failed') return 1
  progress.footer(() => [])
  progress.log('stopping …')
  const stopBegan = performance.now()
  // What is still being fetched is not waited for: it ends with this process.
  const result = await Promise.race([platform.stop().then(() => 'stopped'), sleep(60_000, 'late', { ref: false })])
  progress.log(
    `${result === 'late' ? 'not stopped in time' : 'stopped'} after ${seconds(performance.now() - stopBegan)}`
  )
  return result === 'late' ? 1 : 0
}

function whereToLook(platform: Platform, startedInMs: number): readonly string[] {
  const has = (name: string) => platform.processes.some(({ planned }) => planned.service.name === name)
  const how = isDetached() ? 'npm run sluice -- stop' : 'Ctrl-C'
  return [
    '',
    `${styleText('bold', 'Sluice runs')} (started in ${seconds(startedInMs)}; ${how} stops it, the data stays)`,
    ...(has('console') ? [`  look           http://${platform.address('console', 3000)}`] : []),
    ...(has('collector')
      ? [
          `  events in      POST http://${platform.address('collector', 8080)}/v1/events   gRPC ${platform.address('collector', 8081)}`
        ]
      : []),
    ...(has('enrichment-api')
      ? [
          `  model          http://${platform.address('enrichment-api', 8000)}/v2   gRPC ${platform.address('enrichment-api', 8001)}`
        ]
      : []),
    ...(has('kafka') ? [`  Kafka          ${platform.address('kafka', 19092)}`] : []),
    ...(has('s3') ? [`  S3 (the lake)  http://${platform.address('s3', 8333)}`] : []),
    ...(has('redis') ? [`  Redis          redis://${platform.address('redis', 6379)}`] : []),
    ...(has('secrets') ? [`  secrets        ${here(platform.credentials().dir)}/`] : []),
    `  logs           ${here(platform.logDir)}/<service>.log`,
    '  more           npm run sluice -- status',
    ''
  ]
}

/** The live line; where there is no terminal, one line now and then. */
async function summarise(platform: Platform, progress: Progress, stop: AbortSignal): Promise<void> {
  const admin = platform.processes.flatMap(({ planned }) =>
    planned.environment['ADMIN_PORT'] === undefined
      ? []
      : [{ service: planned.service.name, port: Number(planned.environment['ADMIN_PORT']) }]
  )
  const readFigures = createFigures(admin)
  const clock = followClock(platform, stop)
  let line = ''
  progress.footer(() => [line, ...troubles(platform)])
  for (let last: Figures | undefined, round = 0; !stop.aborted; round += 1) {
    const figures = await readFigures()
    line = summaryLine(clock.now(), figures, last)
    last = figures
    if (!progress.isLive && round % 10 === 0) [line, ...troubles(platform)].forEach((text) => progress.log(text))
    await sleep(1000, undefined, { signal: stop }).catch(() => undefined)
  }
}

function summaryLine(clock: string, now: Figures, before: Figures | undefined): string {
  const lag = Object.values(now.lag).reduce((a, b) => a + b, 0)
  return [
    clock,
    `in ${number(now.accepted)} (${number(now.accepted - (before?.accepted ?? now.accepted))}/s)`,
    `enriched ${number(now.enriched)}`,
    `dead ${number(now.deadLettered)}`,
    `repeats ${number(now.repeats)}`,
    `lake ${number(now.rows)} rows`,
    `lag ${number(lag)}`
  ].join('  ')
}

function troubles(platform: Platform): readonly string[] {
  return platform.processes
    .filter(({ planned, state }) => planned.kind !== 'job' && state !== 'ready')
    .map(({ planned, state, note }) => `${planned.id} ${state}${note && `: ${note.split('\n')[0]}`}`)
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

function here(path: string): string {
  return relative(process.cwd(), path)
}

function number(value: number): string {
  return value.toLocaleString('en-US')
}
