import { setTimeout as sleep } from 'node:timers/promises'
import { openReader, type OpenReader, type StoreOptions } from '@sluice/store'

/** The real-time store, opened whenever it is there. */
export function followRedis(
  options: StoreOptions,
  { now, signal }: { readonly now: () => number; readonly signal: AbortSignal }
) {
  let reader: OpenReader | null = null
  let problem: string | null = 'not connected yet'
  let sinceMs = now()

  async function keepOpen(): Promise<void> {
    while (!signal.aborted && reader === null) {
      try {
        reader = await openReader(options)
        setProblem(null)
      } catch (error) {
        setProblem((error as Error).message)
        await sleep(2_000, undefined, { signal }).catch(() => undefined)
      }
    }
  }
  function setProblem(found: string | null): void {
    if ((found === null) !== (problem === null)) sinceMs = now()
    problem = found
  }
  return {
    opened: keepOpen(),
    reader: (): OpenReader | null => reader,
    /** Notes whether it answers; a connection that broke is mended by the client itself. */
    check: (): void => setProblem(reader === null ? problem : reader.problem()),
    problem: (): string | null => problem,
    sinceMs: (): number => sinceMs,
    async [Symbol.asyncDispose](): Promise<void> {
      await reader?.[Symbol.asyncDispose]()
    }
  }
}
