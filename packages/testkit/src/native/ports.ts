import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/** Below Linux's range for outgoing connections (32768 up), so that no client socket takes a port between choice and use. */
const lowest = 20_000
const highest = 32_000
const given = new Set<number>()

/** A TCP port that nobody listens on, never handed out twice by this process. */
export async function freePort(isWanted: (port: number) => boolean | Promise<boolean> = () => true): Promise<number> {
  for (let attempt = 0; attempt < 1000; attempt += 1) {
    const port = randomInt(lowest, highest)
    if (given.has(port) || !(await isFree(port)) || !(await isWanted(port))) continue
    given.add(port)
    return port
  }
  throw new Error(`no free TCP port between ${lowest} and ${highest}`)
}

/** Two ports that nobody listens on, neither handed out again: one, and one so many above it. */
export async function freePortPair(apart: number): Promise<readonly [number, number]> {
  const isSecondFree = async (port: number): Promise<boolean> =>
    port < highest && !given.has(port) && (await isFree(port))
  const first = await freePort((port) => isSecondFree(port + apart))
  given.add(first + apart)
  return [first, first + apart]
}

/** True if a server could listen on `port` now, on every address of this machine. */
export function isFree(port: number, host?: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, ...(host !== undefined && { host }), exclusive: true }, () =>
      server.close(() => resolve(true))
    )
  })
}
