import { setTimeout as sleep } from 'node:timers/promises'

/** Polls until `condition` gives something other than undefined or false, and returns that. Throws, naming `what`, at the deadline. */
export async function waitFor<T>(
  what: string,
  condition: () => Promise<T | undefined | false> | T | undefined | false,
  options: { readonly timeoutMs: number; readonly intervalMs?: number }
): Promise<T> {
  const deadline = performance.now() + options.timeoutMs
  let lastError: unknown
  for (;;) {
    try {
      const value = await condition()
      if (value !== undefined && value !== false) return value
    } catch (error) {
      lastError = error
    }
    if (performance.now() > deadline)
      throw new Error(`${what}: not within ${options.timeoutMs} ms`, { cause: lastError })
    await sleep(options.intervalMs ?? 25)
  }
}
