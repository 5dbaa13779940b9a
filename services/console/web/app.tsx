import { useEffect, useState } from 'preact/hooks'
import { clock, count, duration, simTime } from './format.ts'
import { Help, useKeys } from './keys.tsx'
import { freshness } from './freshness.ts'
import { togglePause, useLive, type Live } from './live.ts'
import { Aged, Shape } from './parts.tsx'
import { Contracts } from './pages/contracts.tsx'
import { Flights } from './pages/flights.tsx'
import { Letters } from './pages/letters.tsx'
import { Overview } from './pages/overview.tsx'
import { Storage } from './pages/storage.tsx'
import { Trace } from './pages/trace.tsx'
import { useLocation } from './router.ts'
import { cycleTheme, useTheme } from './theme.ts'

const pages = [
  { path: '/', name: 'Overview' },
  { path: '/flights', name: 'Flights' },
  { path: '/dead-letters', name: 'Dead letters' },
  { path: '/trace', name: 'Trace' },
  { path: '/contracts', name: 'Contracts' },
  { path: '/storage', name: 'Storage' }
] as const

export function App() {
  const url = useLocation()
  const live = useLive()
  const [nowMs, setNow] = useState(Date.now())
  const [help, setHelp] = useState(false)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500)
    return () => clearInterval(timer)
  }, [])
  const fresh = freshness(live, nowMs, (ms) => clock(ms))
  useKeys({ help: () => setHelp((shown) => !shown), closeHelp: () => setHelp(false) })
  useTitle(live, fresh.aged, url)
  const at = pages.find(({ path }) => path !== '/' && url.pathname.startsWith(path)) ?? pages[0]

  return (
    <Aged.Provider value={fresh.aged}>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header class="top">
        <a class="brand" href="/" aria-label="Sluice, overview">
          <Mark /> Sluice
        </a>
        <nav aria-label="Pages">
          {pages.map(({ path, name }) => (
            <a key={path} href={path} {...(at.path === path && { 'aria-current': 'page' as const })}>
              {name}
              {name === 'Dead letters' && (
                <span class="badge">
                  {(live.snapshot?.deadLettersLastHour ?? 0) > 0
                    ? count(Math.min(99_999, live.snapshot!.deadLettersLastHour))
                    : ''}
                </span>
              )}
            </a>
          ))}
        </nav>
        <div class="tools">
          <span class={`chip chip-${fresh.state}`} data-testid="live">
            <span class="chip-mark" aria-hidden="true" /> {fresh.text}
          </span>
          <button
            type="button"
            class="tool"
            onClick={togglePause}
            aria-pressed={live.pausedMs !== null}
            title="Pause or go on (p)"
          >
            {live.pausedMs === null ? 'Pause' : 'Go on'}
          </button>
          <ThemeButton />
          <button type="button" class="tool" onClick={() => setHelp(true)} title="Keys (?)" aria-label="Keys">
            ?
          </button>
        </div>
      </header>
      <div class={fresh.aged ? 'page aged' : 'page'}>
        <Heading live={live} nowMs={nowMs} aged={fresh.aged} page={at.name} />
        <main id="main" tabIndex={-1}>
          {at.path === '/' && <Overview live={live} url={url} />}
          {at.path === '/flights' && <Flights live={live} url={url} />}
          {at.path === '/dead-letters' && <Letters live={live} url={url} nowMs={nowMs} />}
          {at.path === '/trace' && <Trace url={url} />}
          {at.path === '/contracts' && <Contracts url={url} />}
          {at.path === '/storage' && <Storage live={live} url={url} nowMs={nowMs} />}
        </main>
      </div>
      {help && <Help close={() => setHelp(false)} />}
    </Aged.Provider>
  )
}

/** The status sentence; spoken only when a state changes, not with each figure. */
function Heading({
  live,
  nowMs,
  aged,
  page
}: {
  readonly live: Live
  readonly nowMs: number
  readonly aged: boolean
  readonly page: string
}) {
  const { snapshot } = live
  const [spoken, setSpoken] = useState('')
  const states = snapshot?.boxes.map(({ name, state }) => `${name} ${state === 'idle' ? 'ready' : state}`).join() ?? ''
  useEffect(() => setSpoken(snapshot?.sentence ?? ''), [states])
  const sim = snapshot?.clock ?? null
  const simMs =
    sim === null
      ? null
      : sim.source === 'clock' && !sim.ended && !aged
        ? sim.simMs + sim.speed * Math.max(0, nowMs - (live.arrivedMs ?? nowMs))
        : sim.simMs
  return (
    <div class="heading">
      <h1 class={page === 'Overview' ? 'sentence' : 'sentence sentence-small'} data-testid="sentence">
        <Shape state={snapshot?.worst ?? 'unknown'} /> <span class="sr">{page}. </span>
        {snapshot === null
          ? live.lostMs === null
            ? 'Waiting for the first figures.'
            : 'The console does not answer.'
          : aged
            ? `As of ${clock(live.arrivedMs)}: ${snapshot.sentence}`
            : snapshot.sentence}
      </h1>
      <p class="sr" aria-live="polite">
        {spoken}
      </p>
      <p class="clocks">
        {sim === null ? (
          <span class="sim">SIM not set yet</span>
        ) : (
          <span class="sim">
            SIM <b>{simTime(simMs)}</b>{' '}
            {sim.source === 'newest event'
              ? 'newest event, no clock'
              : sim.ended
                ? 'replay ended'
                : sim.speed === 0
                  ? 'stopped'
                  : `×${sim.speed.toLocaleString('en-US')}${aged ? '' : ' running'}`}
          </span>
        )}
        <span class="real">
          real <b>{new Date(nowMs).toISOString().slice(0, 19).replace('T', ' ')}Z</b>
        </span>
        {snapshot !== null && <span class="real">console up {duration(snapshot.atMs - snapshot.startedMs)}</span>}
      </p>
    </div>
  )
}

function ThemeButton() {
  const theme = useTheme()
  return (
    <button type="button" class="tool" onClick={cycleTheme} title="System, light, dark">
      {theme}
    </button>
  )
}

function Mark() {
  return (
    <svg viewBox="0 0 32 32" width="22" height="22" aria-hidden="true">
      <rect width="32" height="32" rx="7" fill="var(--focus)" />
      <path
        d="M5 12h8M5 20h8M19 8h8M19 16h8M19 24h8"
        stroke="var(--surface)"
        stroke-width="2.6"
        stroke-linecap="round"
      />
      <path d="M16 5v22" stroke="var(--surface)" stroke-width="2.6" stroke-linecap="round" opacity=".6" />
    </svg>
  )
}

/** Title and favicon repeat the worst state. */
function useTitle({ snapshot, lostMs }: Live, aged: boolean, url: URL): void {
  const bad = snapshot?.boxes.filter(({ state }) => state === 'down' || state === 'refused').length ?? 0
  const waiting = snapshot?.boxes.filter(({ state }) => state === 'waiting' || state === 'at risk').length ?? 0
  const worst = aged || lostMs !== null ? 'no news' : bad > 0 ? `${bad} down` : waiting > 0 ? `${waiting} waiting` : ''
  const name = pages.find(({ path }) => path !== '/' && url.pathname.startsWith(path))?.name
  useEffect(() => {
    document.title = [worst, name, 'Sluice'].filter((part) => part !== undefined && part !== '').join(' · ')
    const color = aged ? '#656b7b' : bad > 0 ? '#b20824' : waiting > 0 ? '#c0741d' : '#0a5cc2'
    const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="${color}"/><path d="M5 12h8M5 20h8M19 8h8M19 16h8M19 24h8M16 5v22" stroke="#fff" stroke-width="2.6" stroke-linecap="round"/></svg>`
    document.querySelector('link[rel=icon]')?.setAttribute('href', `data:image/svg+xml,${encodeURIComponent(icon)}`)
  }, [worst, name])
}
