import { useEffect, useRef, useState } from 'preact/hooks'
import { togglePause } from './live.ts'
import { go } from './router.ts'

const list = [
  ['/', 'trace an event'],
  ['g then o f d t c s', 'Overview, Flights, Dead letters, Trace, Contracts, Storage'],
  ['j k', 'next and previous row'],
  ['Enter', 'open the row'],
  ['Esc', 'close what is open'],
  ['c', 'copy the id of the row'],
  ['p', 'pause, go on'],
  ['?', 'this list']
] as const

const targets: Readonly<Record<string, string>> = {
  o: '/',
  f: '/flights',
  d: '/dead-letters',
  t: '/trace',
  c: '/contracts',
  s: '/storage'
}
const offKey = 'single-keys'

function areOn(): boolean {
  try {
    return localStorage.getItem(offKey) !== 'off'
  } catch {
    return true
  }
}

/** Single keys; never inside a field, and they can be switched off. */
export function useKeys({ help, closeHelp }: { readonly help: () => void; readonly closeHelp: () => void }): void {
  const afterG = useRef(0)
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') closeHelp()
      const target = event.target as HTMLElement
      if (
        event.ctrlKey ||
        event.metaKey ||
        event.altKey ||
        /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) ||
        !areOn()
      )
        return
      if (Date.now() - afterG.current < 1_200 && targets[event.key] !== undefined) {
        afterG.current = 0
        go(targets[event.key]!)
        return
      }
      if (event.key === 'g') afterG.current = Date.now()
      else if (event.key === 'p') togglePause()
      else if (event.key === '?') help()
      else if (event.key === '/') {
        event.preventDefault()
        go('/trace')
        setTimeout(() => document.querySelector<HTMLInputElement>('#trace-query')?.focus(), 50)
      } else if (event.key === 'j' || event.key === 'k') moveRow(event.key === 'j' ? 1 : -1)
      else if (event.key === 'c') (document.activeElement?.querySelector('.copy') as HTMLButtonElement | null)?.click()
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [])
}

function moveRow(step: number): void {
  const rows = [...document.querySelectorAll<HTMLElement>('[data-row]')]
  const at = rows.indexOf(document.activeElement as HTMLElement)
  const next = rows[Math.min(rows.length - 1, Math.max(0, at + step))]
  next?.focus()
}

export function Help({ close }: { readonly close: () => void }) {
  const [on, setOn] = useState(areOn())
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  const toggle = (): void => {
    try {
      localStorage.setItem(offKey, on ? 'off' : 'on')
    } catch {
      // Then it holds for this page alone.
    }
    setOn(!on)
  }
  return (
    <dialog ref={dialog} class="help" onClose={close} aria-label="Keys">
      <h2>Keys</h2>
      <dl>
        {list.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <p>
        <label>
          <input type="checkbox" checked={on} onChange={toggle} /> single keys are on
        </label>
      </p>
      <button type="button" class="button" onClick={() => dialog.current?.close()}>
        Close
      </button>
    </dialog>
  )
}
