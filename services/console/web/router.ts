import { useEffect, useState } from 'preact/hooks'

/** Everything has an address: page, filter, opened thing. */
export function useLocation(): URL {
  const [url, setUrl] = useState(() => new URL(location.href))
  useEffect(() => {
    const update = (): void => setUrl(new URL(location.href))
    addEventListener('popstate', update)
    return () => removeEventListener('popstate', update)
  }, [])
  return url
}

export function go(href: string, { replace = false } = {}): void {
  if (replace) history.replaceState(null, '', href)
  else history.pushState(null, '', href)
  dispatchEvent(new PopStateEvent('popstate'))
}

/** Links are links; a plain click on one of ours does not load the page anew. */
export function followLinks(): void {
  document.addEventListener('click', (event) => {
    if (
      event.defaultPrevented ||
      event.button !== 0 ||
      event.metaKey ||
      event.ctrlKey ||
      event.shiftKey ||
      event.altKey
    )
      return
    const link = (event.target as Element).closest?.('a[href^="/"]')
    if (link === null || link === undefined || link.hasAttribute('target')) return
    event.preventDefault()
    const from = location.pathname
    go(link.getAttribute('href') ?? '/')
    if (location.pathname !== from) {
      scrollTo(0, 0)
      document.getElementById('main')?.focus({ preventScroll: true })
    }
  })
}

/** The same address with some of its query changed; null takes a parameter away. */
export function withQuery(url: URL, change: Readonly<Record<string, string | null>>): string {
  const next = new URL(url)
  for (const [name, value] of Object.entries(change)) {
    if (value === null) next.searchParams.delete(name)
    else next.searchParams.set(name, value)
  }
  return `${next.pathname}${next.search}`
}
