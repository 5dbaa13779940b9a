import { createContext, type ComponentChildren } from 'preact'
import { useContext, useEffect, useRef, useState } from 'preact/hooks'
import type { StateWord } from '../src/wire/live.ts'

/** Whether what is shown is old: then no state may look fresh. */
export const Aged = createContext(false)

/** A state has a shape first, a word second and a colour third. */
export function Shape({ state }: { readonly state: StateWord }) {
  const aged = useContext(Aged)
  return (
    <svg
      class={`shape s-${(aged ? 'unknown' : state).replace(' ', '-')}`}
      viewBox="0 0 12 12"
      width="12"
      height="12"
      aria-hidden="true"
    >
      {drawings[aged ? 'unknown' : state]}
    </svg>
  )
}

const drawings: Readonly<Record<StateWord, ComponentChildren>> = {
  ready: <circle cx="6" cy="6" r="5" fill="currentColor" />,
  idle: <circle cx="6" cy="6" r="4.2" fill="none" stroke="currentColor" stroke-width="1.6" />,
  waiting: <path d="M3.5 1.5v9M8.5 1.5v9" stroke="currentColor" stroke-width="2.6" />,
  'at risk': <path d="M6 .8 11.6 11H.4z" fill="currentColor" />,
  down: (
    <path
      d="M.5.5h11v11H.5z M3.3 3.3l5.4 5.4m0-5.4-5.4 5.4"
      fill="currentColor"
      stroke="var(--on-solid)"
      stroke-width="1.6"
    />
  ),
  refused: (
    <>
      <circle cx="6" cy="6" r="5.6" fill="currentColor" />
      <path d="M2.6 6h6.8" stroke="var(--on-solid)" stroke-width="2" />
    </>
  ),
  unknown: (
    <circle cx="6" cy="6" r="4.4" fill="none" stroke="currentColor" stroke-width="1.6" stroke-dasharray="2.2 1.9" />
  )
}

export function State({ state, note }: { readonly state: StateWord; readonly note?: string }) {
  const aged = useContext(Aged)
  const shown = aged ? 'unknown' : state
  return (
    <span class={`state s-${shown.replace(' ', '-')}`}>
      <span class="state-word">
        <Shape state={state} /> {shown}
      </span>
      {note !== undefined && note !== '' && (
        <span class="state-note" title={note}>
          {note}
        </span>
      )}
    </span>
  )
}

/** Copies and says so in its own place. */
export function Copy({ text, label = 'copy' }: { readonly text: string; readonly label?: string }) {
  const [done, setDone] = useState(false)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])
  const copy = (): void => {
    void navigator.clipboard?.writeText(text).catch(() => undefined)
    setDone(true)
    clearTimeout(timer.current)
    timer.current = setTimeout(() => setDone(false), 1_500)
  }
  return (
    <button
      type="button"
      class="copy"
      onClick={copy}
      title={`${label}: ${text.length > 200 ? `${text.slice(0, 200)}…` : text}`}
      aria-label={`${label} ${text.length > 80 ? '' : text}`}
    >
      <span class={done ? 'ghost' : ''}>{label}</span>
      {done && <span class="over">copied</span>}
    </button>
  )
}

/** Commands to copy, with this page's own address in them. */
export function Commands({ list }: { readonly list: readonly { readonly label: string; readonly command: string }[] }) {
  return (
    <ul class="commands">
      {list.map(({ label, command }) => {
        const here = command.replaceAll('http://localhost:3000', location.origin)
        return (
          <li key={label}>
            <span class="label">{label}</span>
            <code tabIndex={0}>{here}</code>
            <Copy text={here} />
          </li>
        )
      })}
    </ul>
  )
}

/** Not measured, and why: neither zero nor old. */
export function Missing({ why }: { readonly why: string }) {
  return (
    <span class="missing" title={why}>
      –<span class="sr"> {why}</span>
    </span>
  )
}

export function Panel({
  title,
  aside,
  children,
  id,
  class: name = ''
}: {
  readonly title: string
  readonly aside?: ComponentChildren
  readonly children: ComponentChildren
  readonly id?: string
  readonly class?: string
}) {
  return (
    <section class={`panel ${name}`} {...(id !== undefined && { id })}>
      <header class="panel-head">
        <h2>{title}</h2>
        {aside !== undefined && <div class="panel-aside">{aside}</div>}
      </header>
      {children}
    </section>
  )
}

/** Why there is nothing, what was looked at, and one way on. */
export function Empty({ children }: { readonly children: ComponentChildren }) {
  return <p class="empty">{children}</p>
}

/** Nothing for 200 ms, then the final geometry in grey. */
export function Loading({ height }: { readonly height: number }) {
  return <div class="skeleton" style={{ height: `${height}px` }} role="status" aria-label="loading" />
}

/** Says so in the place and size of what is missing; it is tried again by itself. */
export function Failure({
  what,
  error,
  height = 0
}: {
  readonly what: string
  readonly error: string
  readonly height?: number
}) {
  return (
    <div class="failure" role="status" style={{ minHeight: `${height}px` }}>
      <p>
        <Shape state="unknown" /> Cannot read {what}: {error}. It is tried again by itself; if it stays, ask what runs:{' '}
        <code>npm run sluice -- status</code> <Copy text="npm run sluice -- status" />
      </p>
    </div>
  )
}

/** A number with its change shown by a tint that fades. */
export function Figure({
  value,
  label,
  href,
  tone
}: {
  readonly value: string
  readonly label: string
  readonly href?: string
  readonly tone?: string
}) {
  const body = (
    <>
      <span class={`figure-value ${tone ?? ''}`}>{value}</span>
      <span class="figure-label">{label}</span>
    </>
  )
  return href === undefined ? (
    <span class="figure">{body}</span>
  ) : (
    <a class="figure" href={href}>
      {body}
    </a>
  )
}

/** A row of small bars on one scale; the numbers are in the table beside it. */
export function Spark({
  values,
  max,
  label
}: {
  readonly values: readonly number[]
  readonly max: number
  readonly label: string
}) {
  const width = values.length * 3
  return (
    <svg class="spark" viewBox={`0 0 ${width} 24`} preserveAspectRatio="none" role="img" aria-label={label}>
      {values.map((value, i) => {
        const height = value === 0 ? 0 : Math.max(1.5, (value / Math.max(1, max)) * 24)
        return <rect key={i} x={i * 3} y={24 - height} width="2.2" height={height} />
      })}
    </svg>
  )
}
