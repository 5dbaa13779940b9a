import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../native/ports.ts'

/** What is wrong with a link. */
export type LinkFault =
  /** Nobody listens, and what was connected is gone. */
  | { readonly kind: 'refused' }
  /** Every connection is reset as soon as it says something. */
  | { readonly kind: 'reset' }
  /** Connections are taken and stay open; nothing passes, in either direction. */
  | { readonly kind: 'half-open' }
  /** Every piece takes so long, in both directions. */
  | { readonly kind: 'slow'; readonly delayMs: number }
  /** A connection is reset once so many bytes of answers went through it. */
  | { readonly kind: 'cut'; readonly afterBytes: number }
  /** Requests are carried out; instead of the answer the connection dies after so long. */
  | { readonly kind: 'lose-answers'; readonly afterMs: number }
  /** Requests arrive late: also those whose sender has given up meanwhile. */
  | { readonly kind: 'hold'; readonly ms: number }

export interface TcpProxyOptions {
  readonly target: number
  readonly port?: number
  /** Whose connection it is, from the first bytes that it sends; null: nobody's in particular. */
  readonly labelOf?: (first: Buffer) => string | null
}

export interface TcpProxy extends AsyncDisposable {
  readonly port: number
  /** Puts a fault on the link, or on the connections of one label; null heals it. */
  set(fault: LinkFault | null, only?: string): Promise<void>
}

/** A link to `127.0.0.1:target` that can be broken in every way that a network knows. */
export async function startTcpProxy({
  target,
  port: wanted,
  labelOf = () => null
}: TcpProxyOptions): Promise<TcpProxy> {
  const port = wanted ?? (await freePort())
  const faults = new Map<string | undefined, LinkFault>()
  const links = new Set<Link>()
  const faultOf = (label: string | null) => faults.get(undefined) ?? (label === null ? undefined : faults.get(label))
  let server: Server | null = null

  async function listen(): Promise<void> {
    const opened = createServer({ allowHalfOpen: false }, (near) => {
      const link = openLink(near, target, labelOf, faultOf)
      links.add(link)
      near.once('close', () => links.delete(link))
    })
    await new Promise<void>((resolve, reject) => {
      opened.once('error', reject)
      opened.listen(port, '127.0.0.1', resolve)
    })
    server = opened
  }

  async function deafen(): Promise<void> {
    const closing = server
    server = null
    if (closing === null) return
    const closed = new Promise((resolve) => closing.close(resolve))
    for (const link of links) link.reset()
    await closed
  }

  await listen()
  return {
    port,
    async set(fault, only) {
      if (fault === null) faults.delete(only)
      else faults.set(only, fault)
      if (fault?.kind === 'refused' && only === undefined) return deafen()
      if (server === null && faults.get(undefined)?.kind !== 'refused') await listen()
      for (const link of links) link.faultChanged()
    },
    async [Symbol.asyncDispose]() {
      await deafen()
      for (const link of links) link.reset()
    }
  }
}

interface Link {
  faultChanged(): void
  reset(): void
}

function openLink(
  near: Socket,
  target: number,
  labelOf: (first: Buffer) => string | null,
  faultOf: (label: string | null) => LinkFault | undefined
): Link {
  const far = connect(target, '127.0.0.1')
  let label: string | null | undefined
  let isSpoilt = false
  let answered = 0
  let held = 0
  let up: Promise<unknown> = Promise.resolve()
  let down: Promise<unknown> = Promise.resolve()
  const fault = () => faultOf(label ?? null)

  function reset(): void {
    near.resetAndDestroy()
    if (held === 0) far.destroy()
  }

  function request(chunk: Buffer): void {
    label ??= labelOf(chunk)
    const now = fault()
    if (isSpoilt || now?.kind === 'half-open') isSpoilt = true
    else if (now?.kind === 'reset' || now?.kind === 'refused') reset()
    else if (now?.kind === 'hold' || now?.kind === 'slow') up = later(up, now, chunk)
    else up = up.then(() => far.write(chunk))
  }

  async function later(before: Promise<unknown>, now: LinkFault, chunk: Buffer): Promise<void> {
    held += 1
    const ms = now.kind === 'hold' ? now.ms : now.kind === 'slow' ? now.delayMs : 0
    await Promise.all([before, sleep(ms)])
    far.write(chunk)
    held -= 1
    if (near.destroyed && held === 0) setTimeout(() => far.destroy(), 1_000).unref()
  }

  function answer(chunk: Buffer): void {
    const now = fault()
    answered += chunk.length
    if (near.destroyed || isSpoilt || now?.kind === 'half-open') isSpoilt = true
    else if (now?.kind === 'reset' || now?.kind === 'refused') reset()
    else if (now?.kind === 'lose-answers') {
      isSpoilt = true
      setTimeout(reset, now.afterMs).unref()
    } else if (now?.kind === 'cut' && answered > now.afterBytes) {
      near.write(chunk.subarray(0, Math.max(0, chunk.length - (answered - now.afterBytes))))
      reset()
    } else if (now?.kind === 'slow') {
      down = Promise.all([down, sleep(now.delayMs)]).then(() => near.destroyed || near.write(chunk))
    } else {
      down = down.then(() => (near.destroyed || near.write(chunk) ? undefined : far.pause()))
    }
  }

  near.on('data', request)
  near.on('drain', () => far.resume())
  near.on('error', () => undefined)
  near.once('close', () => held === 0 && far.destroy())
  far.on('data', answer)
  far.on('error', () => undefined)
  // A server that is gone is gone for its client too, unless the link pretends otherwise.
  far.once('close', () => fault()?.kind !== 'half-open' && void down.then(() => near.destroy()))
  return {
    faultChanged() {
      // Bytes are missing in it: nothing sensible can follow.
      if ((isSpoilt && fault()?.kind !== 'half-open') || fault()?.kind === 'reset') reset()
    },
    reset
  }
}
