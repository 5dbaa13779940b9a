import { createHash } from 'node:crypto'
import { reject } from '@sluice/events'

/** What a throw of ours becomes: a dead letter that names the place, not the message, which may quote the event. */
export function bugOf(error: unknown): ReturnType<typeof reject> & { readonly frames: readonly string[] } {
  const { name, stack } = error instanceof Error ? error : { name: typeof error, stack: '' }
  const frames = (stack ?? '')
    .split('\n')
    .filter((line) => line.startsWith('    at '))
    .map((line) => line.trim())
  const places = frames.map((frame) => frame.replace(/\(?(?:file:)?\/\S*\/([^/]+\/[^/]+)$/, '$1'))
  const hash = createHash('sha256')
    .update([name, ...places].join('\n'))
    .digest('hex')
    .slice(0, 12)
  return { ...reject('bug', '', `${name} in our own code, stack ${hash}`), frames }
}
