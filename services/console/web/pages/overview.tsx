import type { Box, Snapshot } from '../../src/wire/live.ts'
import { Chart } from '../chart.tsx'
import { clock, count, duration, rate, thin } from '../format.ts'
import type { Live } from '../live.ts'
import { Copy, Failure, Figure, Loading, Panel, Shape } from '../parts.tsx'
import { Became, BoxPanel } from './overview-box.tsx'
import { Readers, Services } from './overview-tables.tsx'
import { Picture } from './picture.tsx'

/** Is it well, and if not, where? */
export function Overview({ live, url }: { readonly live: Live; readonly url: URL }) {
  const { snapshot, points, changes } = live
  if (snapshot === null)
    return (
      <>
        <Loading height={76} />
        <Loading height={520} />
      </>
    )
  const open = url.searchParams.get('box')
  const times = points.map(({ t }) => t)
  const marks = changes.map(({ atMs, box, to }) => ({ t: Math.floor(atMs / 1_000), words: `${box} ${to}` }))
  return (
    <>
      {snapshot.troubles.length > 0 && <Troubles snapshot={snapshot} />}
      <Balance snapshot={snapshot} />
      <Picture snapshot={snapshot} open={open} />
      {open !== null && <BoxPanel box={snapshot.boxes.find(({ name }) => name === open)} live={live} />}
      <div class="grid-2">
        <Services boxes={snapshot.boxes} nowMs={snapshot.atMs} />
        <Readers topics={snapshot.topics} />
      </div>
      <div class="grid-2">
        <div class="panel">
          <Chart
            title="Events per second, by outcome"
            times={times}
            windowSeconds={1_800}
            format={(value) =>
              value < 10 ? String(Number(value.toFixed(2))) : Math.round(value).toLocaleString('en-US')
            }
            sync="overview"
            marks={marks}
            series={[
              { label: 'raw', color: '--raw', values: points.map(({ raw }) => raw), dash: [5, 4] },
              { label: 'enriched', color: '--enriched', values: points.map(({ enriched }) => enriched) },
              { label: 'dead letters', color: '--dead', values: points.map(({ deadLetters }) => deadLetters) },
              { label: 'repeats', color: '--repeat', values: points.map(({ repeats }) => repeats) }
            ]}
            summary={`Events per second over the last 30 minutes; now raw ${rate(points.at(-1)?.raw ?? null)}, enriched ${rate(points.at(-1)?.enriched ?? null)}.`}
          />
        </div>
        <div class="panel">
          <Chart
            title="From accepted to readable, seconds, over 60 s"
            times={times}
            windowSeconds={1_800}
            scale="log"
            format={(value) => (value < 1 ? `${Math.round(value * 1_000)} ms` : `${Number(value.toPrecision(2))} s`)}
            sync="overview"
            marks={marks}
            series={[
              { label: 'lake p99', color: '--dead', values: points.map(({ lakeP99 }) => lakeP99), dash: [5, 4] },
              { label: 'lake p50', color: '--dead', values: points.map(({ lakeP50 }) => lakeP50) },
              { label: 'Redis p99', color: '--enriched', values: points.map(({ redisP99 }) => redisP99), dash: [5, 4] },
              { label: 'Redis p50', color: '--enriched', values: points.map(({ redisP50 }) => redisP50) }
            ]}
            summary="Time from the acceptance of an event until it can be read in Redis and in the lake, median and 99th percentile."
          />
        </div>
      </div>
      <Changes live={live} />
    </>
  )
}

const shownTroubles = 4

function Troubles({ snapshot }: { readonly snapshot: Snapshot }) {
  const more = snapshot.troubles.length - shownTroubles
  return (
    <ul class="troubles" aria-label="Troubles">
      {snapshot.troubles.slice(0, shownTroubles).map((text) => {
        const box = snapshot.boxes.find(({ name }) => text.startsWith(`${name} `))
        const state = box?.state ?? 'down'
        return (
          <li key={box?.name ?? text} class={`trouble t-${state.replace(' ', '-')}`}>
            <Shape state={state} />
            <span>
              {text} {consequence(box, snapshot)}
            </span>
            {(state === 'down' || state === 'refused') && (
              <Copy text="npm run sluice -- status" label="copy: npm run sluice -- status" />
            )}
          </li>
        )
      })}
      {more > 0 && (
        <li class="hint">
          and {count(more)} more, in the table of <a href="#services">services</a>
        </li>
      )}
    </ul>
  )
}

/** What it means, beside what it is. */
function consequence(box: Box | undefined, { topics }: Snapshot): string {
  const readers = topics.flatMap(({ readers: all }) => all).filter(({ name }) => name === box?.name)
  const losses = readers.flatMap(({ lossMs }) => (typeof lossMs === 'number' ? [lossMs] : []))
  if (losses.length > 0) return `Nothing is lost; the oldest unread event has ${duration(Math.min(...losses))} left.`
  if (readers.some(({ lossMs }) => lossMs === null)) return 'How much waits for it cannot be told now.'
  if (readers.length > 0) return 'Nothing waits for it yet.'
  if (box?.name === 'enrichment-api') return 'Events that need a prediction wait; nothing is lost.'
  if (box?.name === 'collector') return 'Producers keep their events and send them again.'
  if (box?.name.endsWith('-producer') === true) return 'It sends no events meanwhile.'
  return ''
}

function Balance({ snapshot: { account, atMs: nowMs, sources } }: { readonly snapshot: Snapshot }) {
  const problem = sources.find(({ name }) => name === 'kafka')?.problem ?? null
  if (account === null)
    return problem === null ? <Loading height={76} /> : <Failure what="the account" error={problem} height={76} />
  const settling = account.unaccountedSinceMs !== null && nowMs - account.unaccountedSinceMs < 10_000
  const off = (account.unaccounted ?? 0) !== 0
  return (
    <section class="panel balance" aria-label="Balance" data-testid="balance">
      <div class="equation">
        <Figure value={count(account.raw)} label="raw" />
        <span class="sign">=</span>
        <Figure value={count(account.enriched)} label="enriched" href="/storage" />
        <span class="sign">+</span>
        <Figure value={count(account.deadLetters)} label="dead letters" href="/dead-letters" />
        <span class="sign">+</span>
        <Figure value={count(account.repeats)} label="repeats" href="/dead-letters?tab=repeats" />
        <span class="sign">+</span>
        <Figure value={count(account.inFlight)} label="in flight" href="#readers" />
        <span class="sign sign-end" />
        <Figure
          value={account.unaccounted === null ? '–' : count(account.unaccounted)}
          label={
            account.unaccounted === null
              ? `reading, ${Math.floor(account.progress * 100)}${thin}%`
              : off && settling
                ? 'settling'
                : 'unaccounted'
          }
          tone={off && !settling ? 'tone-bad' : 'tone-quiet'}
        />
      </div>
      <p class="balance-note">
        Records {account.whole ? 'of the whole log, ' : ''}since {clock(account.sinceMs)}, as of {clock(account.atMs)};
        each term is read by itself, none is a remainder.
      </p>
    </section>
  )
}

function Changes({ live }: { readonly live: Live }) {
  const shown = live.changes.slice(-8).toReversed()
  return (
    <Panel title="Changes of state">
      {shown.length === 0 ? (
        <p class="empty">
          No box has changed its state since the console started
          {live.snapshot === null ? '' : ` at ${clock(live.snapshot.startedMs)}`}.
        </p>
      ) : (
        <ul class="changes">
          {shown.map((change) => (
            <li key={`${change.atMs} ${change.box}`}>
              <span class="mono">{clock(change.atMs)}</span> <b>{change.box}</b> {change.from} to{' '}
              <Became state={change.to} why={change.why} />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}
