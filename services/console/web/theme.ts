import { useEffect, useState } from 'preact/hooks'

type Theme = 'system' | 'light' | 'dark'
const order: readonly Theme[] = ['system', 'light', 'dark']

function current(): Theme {
  const theme = document.documentElement.dataset['theme']
  return theme === 'light' || theme === 'dark' ? theme : 'system'
}

export function cycleTheme(): void {
  const next = order[(order.indexOf(current()) + 1) % order.length]!
  if (next === 'system') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = next
  try {
    localStorage.setItem('theme', next)
  } catch {
    // Then it holds for this page alone.
  }
  dispatchEvent(new Event('themechange'))
}

export function useTheme(): Theme {
  const [theme, setTheme] = useState(current)
  useEffect(() => {
    const update = (): void => setTheme(current())
    addEventListener('themechange', update)
    return () => removeEventListener('themechange', update)
  }, [])
  return theme
}
