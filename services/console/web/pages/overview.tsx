import type { Account, Box, Reader, Snapshot } from '../../src/wire.ts'
import { places } from '../boxes.ts'
import { Chart } from '../chart.tsx'
import { clock, count, duration, percentile, rate, thin } from '../format.ts'
import type { Live } from '../live.ts'
import { Copy, Figure, Loading, Panel, Shape, State } from '../parts.tsx'
import { lossText, Picture } from './picture.tsx'

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
      <Balance account={snapshot.account} nowMs={snapshot.atMs} />
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
              value === 0 ? '0' : value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString('en-US')
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

function Troubles({ snapshot }: { readonly snapshot: Snapshot }) {
  return (
    <ul class="troubles" aria-label="Troubles">
      {snapshot.troubles.map((text) => {
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
    </ul>
  )
}

/** What it means, beside what it is. */
function consequence(box: Box | undefined, { topics }: Snapshot): string {
  const readers = topics.flatMap(({ readers: all }) => all).filter(({ name }) => name === box?.name)
  const losses = readers.flatMap(({ lossMs }) => (typeof lossMs === 'number' ? [lossMs] : []))
  if (losses.length > 0) return `Nothing is lost; the oldest unread event has ${duration(Math.min(...losses))} left.`
  if (readers.length > 0) return 'Nothing waits for it yet.'
  if (box?.name === 'enrichment-api') return 'Events that need a prediction wait; nothing is lost.'
  if (box?.name === 'collector') return 'Producers keep their events and send them again.'
  if (box?.name.endsWith('-producer') === true) return 'It sends no events meanwhile.'
  return ''
}

function Balance({ account, nowMs }: { readonly account: Account | null; readonly nowMs: number }) {
  if (account === null) return <Loading height={76} />
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

function Services({ boxes, nowMs }: { readonly boxes: readonly Box[]; readonly nowMs: number }) {
  return (
    <Panel title="Services and parts" aside={<span class="hint">rate over 10 s, percentiles over 60 s</span>}>
      <div class="scroll-x" tabIndex={0}>
        <table class="table">
          <caption class="sr">State, rate and latency of each service</caption>
          <thead>
            <tr>
              <th scope="col">name</th>
              <th scope="col">state</th>
              <th scope="col" class="num wide">
                since
              </th>
              <th scope="col" class="num">
                rate
              </th>
              <th scope="col" class="num wide">
                p50
              </th>
              <th scope="col" class="num">
                p99
              </th>
              <th scope="col" class="num wide">
                refused
              </th>
            </tr>
          </thead>
          <tbody>
            {boxes.map((box) => (
              <tr key={box.name} class={`r-${box.state.replace(' ', '-')}`} data-service={box.name}>
                <th scope="row">
                  <a href={`/?box=${box.name}`}>{box.name}</a>
                </th>
                <td>
                  <State state={box.state} note={box.why} />
                </td>
                <td class="num wide">{duration(nowMs - box.sinceMs)}</td>
                <td class="num">{box.kind === 'part' && box.name !== 'kafka' ? '' : rate(box.rate)}</td>
                <td class="num wide">{box.step === null ? '' : percentile(box.p50, box.ceiling, box.p50 !== null)}</td>
                <td class="num">{box.step === null ? '' : percentile(box.p99, box.ceiling, box.p50 !== null)}</td>
                <td class="num wide">
                  {box.rejectedPerMinute === null ? '' : `${box.rejectedPerMinute.toFixed(1)}${thin}/min`}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  )
}

function Readers({ topics }: { readonly topics: Snapshot['topics'] }) {
  return (
    <Panel
      title="Readers and their lag, as time"
      id="readers"
      aside={<span class="hint">worst partition, never the mean</span>}
    >
      <div class="scroll-x" tabIndex={0}>
        <table class="table">
          <caption class="sr">How far each reader is behind, and when it would lose something</caption>
          <thead>
            <tr>
              <th scope="col">reader</th>
              <th scope="col" class="wide">
                topic
              </th>
              <th scope="col" class="num">
                oldest unread
              </th>
              <th scope="col">trend</th>
              <th scope="col" class="num">
                unread
              </th>
              <th scope="col" class="num">
                time to loss
              </th>
            </tr>
          </thead>
          <tbody>
            {topics
              .flatMap(({ readers }) => readers)
              .map((reader) => (
                <tr key={`${reader.name} ${reader.topic}`}>
                  <th scope="row">
                    {reader.name}
                    <span class="narrow sub">{reader.topic}</span>
                  </th>
                  <td class="wide mono">{reader.topic}</td>
                  <td class="num">{reader.oldestUnreadMs === 0 ? 'nothing' : duration(reader.oldestUnreadMs)}</td>
                  <td>{trendText(reader)}</td>
                  <td class="num">
                    {count(reader.unread)}
                    {reader.worstPartition !== null && (reader.unread ?? 0) > 0 && (
                      <span class="sub-inline" title="worst partition">
                        {' '}
                        p{reader.worstPartition}
                      </span>
                    )}
                  </td>
                  <td class="num">
                    {reader.lossMs === null ? (
                      <span title="no write rate yet">–</span>
                    ) : reader.lossMs === 'never' ? (
                      'never'
                    ) : (
                      lossText(reader).replace('loss in ', '')
                    )}
                  </td>
                </tr>
              ))}
          </tbody>
        </table>
      </div>
      <table class="table topics">
        <caption class="sr">Topics</caption>
        <thead>
          <tr>
            <th scope="col">topic</th>
            <th scope="col" class="num">
              written
            </th>
            <th scope="col" class="num">
              offsets
            </th>
            <th scope="col" class="num">
              oldest kept
            </th>
            <th scope="col" class="num wide">
              partitions
            </th>
          </tr>
        </thead>
        <tbody>
          {topics.map((topic) => (
            <tr key={topic.name}>
              <th scope="row" class="mono">
                {topic.name}
              </th>
              <td class="num">{rate(topic.rate)}</td>
              <td class="num">{count(topic.records)}</td>
              <td class="num">{duration(topic.oldestMs)}</td>
              <td class="num wide">{topic.partitions}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  )
}

function trendText({ trend, oldestUnreadMs, windowMs }: Reader): string {
  if (trend === null) return '–'
  if (trend === 'steady' && (oldestUnreadMs ?? 0) > 2_500)
    return windowMs > 5_000 && (oldestUnreadMs ?? 0) <= windowMs ? 'inside its window' : 'steady'
  return trend
}

function BoxPanel({ box, live }: { readonly box: Box | undefined; readonly live: Live }) {
  if (box === undefined) return null
  const place = places.find(({ name }) => name === box.name)
  const own = live.changes
    .filter((change) => change.box === box.name)
    .slice(-6)
    .toReversed()
  return (
    <Panel
      title={box.name}
      class="opened"
      aside={
        <a class="button" href="/">
          close
        </a>
      }
    >
      <p>
        {place?.sentence}{' '}
        {place?.readme != null && (
          <a href={place.readme} target="_blank">
            README
          </a>
        )}
      </p>
      <dl class="facts">
        <div>
          <dt>state</dt>
          <dd>
            <State state={box.state} note={box.why} />
          </dd>
        </div>
        <div>
          <dt>since</dt>
          <dd>{clock(box.sinceMs)}</dd>
        </div>
        <div>
          <dt>rate out</dt>
          <dd>{rate(box.rate)}</dd>
        </div>
        <div>
          <dt>latency{box.step === null ? '' : `, step ${box.step}`}</dt>
          <dd>
            p50 {percentile(box.p50, box.ceiling, box.p50 !== null)}, p99{' '}
            {percentile(box.p99, box.ceiling, box.p50 !== null)}
          </dd>
        </div>
        <div>
          <dt>version</dt>
          <dd>{box.version ?? '–'}</dd>
        </div>
        <div>
          <dt>last answer</dt>
          <dd>{clock(box.answeredMs)}</dd>
        </div>
      </dl>
      {own.length > 0 && (
        <ul class="changes">
          {own.map((change) => (
            <li key={change.atMs}>
              {clock(change.atMs)} {change.from} to <State state={change.to} note={change.why} />
            </li>
          ))}
        </ul>
      )}
    </Panel>
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
              <State state={change.to} note={change.why} />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}
