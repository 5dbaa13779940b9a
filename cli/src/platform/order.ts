import type { Condition } from '../compose/read-compose.ts'
import type { Supervised } from './supervise.ts'

export interface StartOptions {
  readonly signal: AbortSignal
  /** Null: as long as it takes. */
  readonly readyTimeoutMs: number | null
}

/** Starts each process as soon as all that it depends on is as far as the compose file asks. Comes back when all are ready. */
export async function startInOrder(processes: readonly Supervised[], options: StartOptions): Promise<void> {
  checkForCircles(processes)
  const { signal } = options
  const timeoutMs = options.readyTimeoutMs ?? 2 ** 31 - 1
  const cancelled = new Promise<never>((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  )
  cancelled.catch(() => undefined)
  const running = new Map(processes.map((one) => [one, Promise.withResolvers<void>()]))
  for (const { promise } of running.values()) promise.catch(() => undefined)

  async function startOne(one: Supervised): Promise<void> {
    for (const [name, condition] of Object.entries(one.planned.service.dependsOn))
      for (const other of processes.filter(({ planned }) => planned.service.name === name))
        await Promise.race([meets(other, condition), cancelled])
    signal.throwIfAborted()
    await one.start()
    running.get(one)?.resolve()
    // Nobody has a time limit until it runs: the first start of a part may begin with a download.
    await Promise.race([one.ready(timeoutMs), cancelled])
  }

  async function meets(other: Supervised, condition: Condition): Promise<void> {
    await running.get(other)?.promise
    if (condition !== 'service_started') await other.ready(timeoutMs)
  }

  await Promise.all(
    processes.map((one) =>
      startOne(one).catch((error: unknown) => {
        running.get(one)?.reject(error)
        throw error
      })
    )
  )
}

/** Stops those first on which nothing that runs depends; the ones of a round together. */
export async function stopInOrder(processes: readonly Supervised[]): Promise<void> {
  const left = new Set(processes)
  while (left.size > 0) {
    const needed = new Set([...left].flatMap(({ planned }) => Object.keys(planned.service.dependsOn)))
    const round = [...left].filter(({ planned }) => !needed.has(planned.service.name))
    await Promise.all(round.map((one) => one.stop()))
    for (const one of round) left.delete(one)
  }
}

function checkForCircles(processes: readonly Supervised[]): void {
  const services = new Map(processes.map(({ planned }) => [planned.service.name, planned.service]))
  const visit = (name: string, path: readonly string[]): void => {
    if (path.includes(name)) throw new Error(`these depend on each other: ${[...path, name].join(' → ')}`)
    for (const next of Object.keys(services.get(name)?.dependsOn ?? {})) visit(next, [...path, name])
  }
  for (const name of services.keys()) visit(name, [])
}
