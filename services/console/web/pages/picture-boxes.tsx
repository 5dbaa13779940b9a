import { useContext } from 'preact/hooks'
import type { Box, Reader, Snapshot, StateWord, Topic } from '../../src/wire/live.ts'
import type { BoxPlace } from '../boxes.ts'
import { duration, percentile, rate, thin } from '../format.ts'
import { Aged, Shape } from '../parts.tsx'

export function ServiceBox({
  place,
  snapshot,
  isOpen
}: {
  readonly place: BoxPlace
  readonly snapshot: Snapshot
  readonly isOpen: boolean
}) {
  const aged = useContext(Aged)
  const box = snapshot.boxes.find(({ name }) => name === place.name)
  if (box === undefined)
    return (
      <div class="box box-none">
        <span class="box-name">{place.name}</span>
        <span class="box-why">not watched here</span>
      </div>
    )
  const shown: StateWord = aged ? 'unknown' : box.state
  const cause = causeOf(box, snapshot)
  // Who has nothing to explain shows its figures; else the reason needs their place.
  const isCalm = aged || box.why === ''
  const href = isOpen
    ? '/'
    : place.name === 's3'
      ? '/storage'
      : place.name === 'redis'
        ? '/flights'
        : `/?box=${place.name}`
  return (
    <a class={`box b-${shown.replace(' ', '-')}`} href={href} data-box={place.name} data-state={shown} title={box.why}>
      <span class="box-name">
        <Shape state={box.state} /> {place.name}
      </span>
      <span class={isCalm ? 'box-why' : 'box-why box-why-long'}>
        <b>{shown}</b>
        {!isCalm && (cause ?? box.why)}
      </span>
      {place.kind === 'part' ? (
        isCalm && <span class="box-line box-small">{partLine(place.name, snapshot)}</span>
      ) : (
        <>
          {(isCalm || box.rate !== null) && (
            <span class="box-line">
              <span class="box-value">{rate(box.rate)}</span>
            </span>
          )}
          {isCalm && <span class="box-line box-small">{latencyLine(box)}</span>}
        </>
      )}
    </a>
  )
}

function latencyLine({ name, rejectedPerMinute, step, ceiling, p50, p99 }: Box): string {
  if ((rejectedPerMinute ?? 0) > 0.05 && name !== 'enricher')
    return `${rejectedPerMinute!.toFixed(1)}${thin}/min rejected`
  if (step === null || ceiling === null) return 'no latency measured'
  return `p50 ${percentile(p50, ceiling, p50 !== null)} · p99 ${percentile(p99, ceiling, p50 !== null)}`
}

function partLine(name: string, snapshot: Snapshot): string {
  if (name === 'redis') {
    const unread = snapshot.topics
      .find(({ role }) => role === 'enriched')
      ?.readers.find((reader) => reader.name === 'realtime-loader')?.oldestUnreadMs
    return unread === undefined || unread === null
      ? 'position not known'
      : unread === 0
        ? 'up to date'
        : `${duration(unread)} behind`
  }
  const lags = snapshot.topics
    .flatMap(({ readers }) => readers)
    .filter((reader) => reader.name === 'batch-loader')
    .map(({ oldestUnreadMs }) => oldestUnreadMs)
  return lags.some((lag) => lag === null)
    ? 'position not known'
    : lags.every((lag) => lag === 0)
      ? 'up to date'
      : `all but the last ${duration(Math.max(0, ...(lags as number[])))}`
}

/** A victim says of whom, in quiet ink; the cause stands out by itself. */
function causeOf(box: Box, { boxes }: Snapshot): string | null {
  const named = boxes.find(
    ({ name, state }) => name !== box.name && (state === 'down' || state === 'refused') && box.why.includes(name)
  )
  return named === undefined ? null : `for ${named.name}`
}

export function TopicBox({ place, snapshot }: { readonly place: BoxPlace; readonly snapshot: Snapshot }) {
  const topic = snapshot.topics.find(({ role }) => role === place.name)
  const kafka = snapshot.boxes.find(({ name }) => name === 'kafka')
  if (topic === undefined || kafka === undefined) return null
  const nearest = nearestToLoss(topic)
  return (
    <div class="box box-topic" tabIndex={0} data-box={place.name}>
      <span class="box-name">
        {kafka.state !== 'ready' && <Shape state={kafka.state} />} {topic.name}
      </span>
      <LogStrip topic={topic} />
      <span class="box-line box-small topic-lag">
        {nearest === undefined
          ? ''
          : nearest.oldestUnreadMs === null
            ? `${nearest.name} –`
            : nearest.oldestUnreadMs === 0
              ? 'all read'
              : `${nearest.name} ${duration(nearest.oldestUnreadMs)}`}
      </span>
      <span class="box-line box-small">{nearest === undefined ? '' : lossText(nearest)}</span>
    </div>
  )
}

/** The reader with the least time until something is deleted that it has not read; of equals the furthest behind. */
function nearestToLoss({ readers }: Topic): Reader | undefined {
  const left = ({ lossMs }: Reader): number => (typeof lossMs === 'number' ? lossMs : Infinity)
  return readers.toSorted((a, b) => left(a) - left(b) || (b.oldestUnreadMs ?? 0) - (a.oldestUnreadMs ?? 0))[0]
}

export function lossText({ lossMs }: Pick<Reader, 'lossMs'>): string {
  return lossMs === null ? 'loss: –' : lossMs === 'never' ? 'nothing to lose' : `loss in ${duration(lossMs)}`
}

const axisMs = [1_000, 10_000, 60_000, 600_000, 3_600_000, 86_400_000, 604_800_000]

/** Where an age lies on the strip: 1 at the right is now, 0 at the left is the retention; logarithmic. */
function placeOf(ms: number, retentionMs: number): number {
  const low = Math.log10(500)
  const high = Math.log10(retentionMs)
  return 1 - Math.min(1, Math.max(0, (Math.log10(Math.max(500, ms)) - low) / (high - low)))
}

function LogStrip({ topic }: { readonly topic: Topic }) {
  const kept = topic.oldestMs === null ? 1 : placeOf(topic.oldestMs, topic.retentionMs)
  const nearest = nearestToLoss(topic)
  // The one that matters is drawn over the others.
  const ticks = topic.readers.toSorted((a, b) => Number(a === nearest) - Number(b === nearest))
  const words = topic.readers
    .map(
      (reader) =>
        `${reader.name} ${reader.oldestUnreadMs === null ? 'not known' : duration(reader.oldestUnreadMs)} behind`
    )
    .join(', ')
  return (
    <svg class="strip" viewBox="0 0 148 20" role="img" aria-label={`${topic.name}: ${words}`}>
      <title>
        {words}. Oldest record {duration(topic.oldestMs)} old.
      </title>
      <rect x="0" y="6" width="148" height="8" class="strip-empty" />
      <rect x={148 * kept} y="6" width={148 * (1 - kept)} height="8" class="strip-full" />
      {axisMs
        .filter((ms) => ms <= topic.retentionMs)
        .map((ms) => (
          <path key={ms} d={`M${(148 * placeOf(ms, topic.retentionMs)).toFixed(1)} 6v8`} class="strip-axis" />
        ))}
      {ticks.map((reader) => {
        if (reader.oldestUnreadMs === null) return null
        const x = Math.min(142, Math.max(6, 148 * placeOf(reader.oldestUnreadMs, topic.retentionMs)))
        if (reader !== nearest) return <path key={reader.name} d={`M${x.toFixed(1)} 4v12`} class="strip-tick" />
        const late = reader.oldestUnreadMs > reader.windowMs * 2 && reader.trend === 'falling behind'
        return (
          <path
            key={reader.name}
            d={`M${x.toFixed(1)} 4v14 M${(x - 5).toFixed(1)} 0h10l-5 6z`}
            class={late ? 'strip-nearest strip-late' : 'strip-nearest'}
          />
        )
      })}
    </svg>
  )
}
