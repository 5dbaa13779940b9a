import { useEffect, useState } from 'preact/hooks'
import { isPaused } from './live.ts'

export interface Polled<T> {
  readonly data: T | null
  /** Why the newest attempt failed; null: it did not. */
  readonly error: string | null
  readonly atMs: number | null
}

/** Asks for a page's data now and every `everyMs` while it is looked at and not paused. */
export function usePolled<T>(url: string | null, everyMs: number): Polled<T> {
  const [polled, setPolled] = useState<Polled<T> & { readonly url: string | null }>({
    data: null,
    error: null,
    atMs: null,
    url
  })
  useEffect(() => {
    if (url === null) return undefined
    let timer: ReturnType<typeof setTimeout> | undefined
    let isGone = false
    const ask = async (): Promise<void> => {
      if (!document.hidden && (!isPaused() || polled.data === null)) {
        try {
          const answer = await fetch(url)
          const body = (await answer.json()) as T & { error?: string }
          if (isGone) return
          if (answer.ok) setPolled({ data: body, error: null, atMs: Date.now(), url })
          else setPolled((last) => ({ ...last, error: body.error ?? `status ${answer.status}`, url }))
        } catch {
          if (!isGone) setPolled((last) => ({ ...last, error: 'the console does not answer', url }))
        }
      }
      if (!isGone) timer = setTimeout(() => void ask(), everyMs)
    }
    void ask()
    return () => {
      isGone = true
      clearTimeout(timer)
    }
  }, [url, everyMs])
  // What belongs to another address is not this one's.
  return polled.url === url ? polled : { data: null, error: null, atMs: null }
}
