import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { run } from './run.ts'

export interface Figures {
  /** By compose service: from its first start to its first being healthy. */
  readonly startSeconds: Readonly<Record<string, number>>
  /** By compose service, MiB. */
  readonly memory: Readonly<Record<string, Memory>>
  /** Of all containers at one moment, MiB. */
  readonly peakTotal: number
}

interface Memory {
  readonly last: number
  readonly peak: number
  readonly limit: number
}

/** Watches starts and memory of the containers of this compose project until it is disposed of. */
export function watchFigures(env: NodeJS.ProcessEnv): AsyncDisposable & { read(): Figures } {
  const ending = new AbortController()
  const started = new Map<string, number>()
  const startSeconds: Record<string, number> = {}
  const memory: Record<string, Memory> = {}
  let peakTotal = 0

  const filters = ['type=container', 'event=start', 'event=health_status'].flatMap((filter) => ['--filter', filter])
  const events = spawn('docker', ['events', '--format', '{{json .}}', ...filters], {
    env,
    stdio: ['ignore', 'pipe', 'ignore']
  })
  const lines = createInterface({ input: events.stdout })
  lines.on('line', (line) => {
    const { Action, Actor, timeNano } = JSON.parse(line) as {
      Action: string
      Actor: { Attributes: Record<string, string> }
      timeNano: number
    }
    const service = Actor.Attributes['com.docker.compose.service']
    if (service === undefined) return
    if (Action === 'start' && !started.has(service)) started.set(service, timeNano)
    if (Action === 'health_status: healthy' && started.has(service))
      startSeconds[service] ??= Math.round((timeNano - (started.get(service) ?? 0)) / 1e8) / 10
  })

  async function sample(): Promise<void> {
    const printed = await run('docker', ['stats', '--no-stream', '--format', '{{.Name}}\t{{.MemUsage}}'], { env })
    let total = 0
    for (const line of printed.trim().split('\n')) {
      const [, service = '', used = '', limit = ''] = /^\S+?-(\S+)-\d+\t(\S+) \/ (\S+)$/.exec(line) ?? []
      if (service === '') continue
      const now = mebibytes(used)
      total += now
      memory[service] = { last: now, peak: Math.max(now, memory[service]?.peak ?? 0), limit: mebibytes(limit) }
    }
    peakTotal = Math.max(peakTotal, total)
  }

  const sampling = (async () => {
    while (!ending.signal.aborted) {
      await sample().catch(() => undefined)
      await sleep(2_000, undefined, { signal: ending.signal }).catch(() => undefined)
    }
  })()

  return {
    read: () => ({ startSeconds: { ...startSeconds }, memory: { ...memory }, peakTotal }),
    async [Symbol.asyncDispose]() {
      ending.abort()
      events.kill('SIGTERM')
      await sampling
    }
  }
}

/** Sizes, start times and memory, one line for each container. */
export async function describeFigures(
  { startSeconds, memory, peakTotal }: Figures,
  env: NodeJS.ProcessEnv
): Promise<readonly string[]> {
  const images = await run('docker', ['compose', 'config', '--format', 'json'], { env })
  const services = (JSON.parse(images) as { services: Record<string, { image: string }> }).services
  const rows = await Promise.all(
    Object.entries(services).map(async ([service, { image }]) => {
      const size = Number(await run('docker', ['image', 'inspect', '--format', '{{.Size}}', image], { env }))
      const { last, peak, limit } = memory[service] ?? { last: 0, peak: 0, limit: 0 }
      const start = startSeconds[service]
      return [
        service.padEnd(18),
        `${(size / 1e6).toFixed(0)} MB`.padStart(8),
        (start === undefined ? 'job' : `${start.toFixed(1)} s`).padStart(9),
        limit === 0
          ? ''
          : `${last.toFixed(0)} MiB`.padStart(9) +
            `${peak.toFixed(0)} MiB`.padStart(9) +
            `${limit.toFixed(0)} MiB`.padStart(10)
      ].join(' ')
    })
  )
  return [
    `${'container'.padEnd(18)} ${'image'.padStart(8)} ${'healthy'.padStart(9)} ${'memory'.padStart(8)} ${'peak'.padStart(8)} ${'limit'.padStart(9)}`,
    ...rows,
    `all containers together: ${peakTotal.toFixed(0)} MiB at most`
  ]
}

function mebibytes(text: string): number {
  const [, number = '0', unit = ''] = /^([\d.]+)([A-Za-z]+)$/.exec(text) ?? []
  return Number(number) * ({ GiB: 1024, MiB: 1, KiB: 1 / 1024, B: 1 / 1_048_576 }[unit] ?? 0)
}
