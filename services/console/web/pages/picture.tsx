import { useContext, useEffect, useRef, useState } from 'preact/hooks'
import type { Box, Reader, Snapshot, StateWord, Topic } from '../../src/wire.ts'
import { boxWidth, columns, edges, heightOf, pictureHeight, places, type BoxPlace, type Edge } from '../boxes.ts'
import { duration, percentile, rate, thin } from '../format.ts'
import { Aged, Shape } from '../parts.tsx'

interface At {
  readonly x: number
  readonly y: number
  readonly h: number
}

/** The platform, drawn: boxes are links, topics are logs, arrows carry their flow. */
export function Picture({ snapshot, open }: { readonly snapshot: Snapshot; readonly open: string | null }) {
  const frame = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(0)
  const [focus, setFocus] = useState<string | null>(null)
  useEffect(() => {
    const element = frame.current!
    const observer = new ResizeObserver(() => setWidth(element.clientWidth))
    observer.observe(element)
    setWidth(element.clientWidth)
    return () => observer.disconnect()
  }, [])
  const isWide = width >= 1_230
  const gap = (width - columns * boxWidth) / (columns - 1)
  const at = (place: BoxPlace): At => ({ x: place.column * (boxWidth + gap), y: place.top, h: heightOf(place) })
  const near =
    focus === null
      ? null
      : new Set([focus, ...edges.flatMap(({ from, to }) => (from === focus ? [to] : to === focus ? [from] : []))])
  const focused = places.find(({ name }) => name === (focus ?? open))

  return (
    <section class="panel picture-panel" aria-label="The platform">
      <div
        ref={frame}
        class={isWide ? 'picture' : 'picture picture-list'}
        style={isWide ? { height: px(pictureHeight) } : {}}
        onMouseLeave={() => setFocus(null)}
      >
        {isWide && <Edges snapshot={snapshot} at={at} near={near} width={width} />}
        {places.map((place) => {
          const { x, y, h } = at(place)
          const faded = near !== null && !near.has(place.name)
          return (
            <div
              key={place.name}
              class={`box-place ${faded ? 'faded' : ''}`}
              style={isWide ? { left: px(x), top: px(y), width: px(boxWidth), height: px(h) } : {}}
              onMouseEnter={() => setFocus(place.name)}
              onFocusCapture={() => setFocus(place.name)}
              onBlurCapture={() => setFocus(null)}
            >
              {place.kind === 'topic' ? (
                <TopicBox place={place} snapshot={snapshot} />
              ) : (
                <ServiceBox place={place} snapshot={snapshot} isOpen={open === place.name} />
              )}
            </div>
          )
        })}
      </div>
      <p class="picture-note">
        {focused === undefined ? (
          'Hover or focus a box to see what it is; open it for its figures. A topic is drawn as its log: left the oldest record kept, right the newest, a tick per reader; the distance to the right is its lag, to the left its margin to loss.'
        ) : (
          <>
            <b>{labelOf(focused, snapshot)}</b> {focused.sentence}{' '}
            {focused.readme !== null && (
              <a href={focused.readme} target="_blank">
                README
              </a>
            )}
          </>
        )}
      </p>
    </section>
  )
}

function labelOf({ name, kind }: BoxPlace, { topics }: Snapshot): string {
  return kind === 'topic'
    ? `${topics.find(({ role }) => role === name)?.name ?? name}.`
    : name === 's3'
      ? 's3 (the lake).'
      : `${name}.`
}

function ServiceBox({
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
      <span class="box-why">
        <b>{shown}</b>
        {!aged && box.why !== '' && <> · {cause ?? box.why}</>}
      </span>
      {place.kind === 'service' ? (
        <>
          <span class="box-line">
            <span class="box-value">{rate(box.rate)}</span>
          </span>
          <span class="box-line box-small">
            {(box.rejectedPerMinute ?? 0) > 0.05 && place.name !== 'enricher'
              ? `${box.rejectedPerMinute!.toFixed(1)}${thin}/min rejected`
              : box.step === null || box.ceiling === null
                ? 'no latency measured'
                : `p50 ${percentile(box.p50, box.ceiling, box.p50 !== null)} · p99 ${percentile(box.p99, box.ceiling, box.p50 !== null)}`}
          </span>
        </>
      ) : (
        <span class="box-line box-small">{partLine(place.name, snapshot)}</span>
      )}
    </a>
  )
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
    : `all but the last ${duration(Math.max(0, ...(lags as number[])))}`
}

/** A victim says of whom, in quiet ink; the cause stands out by itself. */
function causeOf(box: Box, { boxes }: Snapshot): string | null {
  const named = boxes.find(
    ({ name, state }) => name !== box.name && (state === 'down' || state === 'refused') && box.why.includes(name)
  )
  return named === undefined ? null : `because of ${named.name}`
}

function TopicBox({ place, snapshot }: { readonly place: BoxPlace; readonly snapshot: Snapshot }) {
  const topic = snapshot.topics.find(({ role }) => role === place.name)
  const kafka = snapshot.boxes.find(({ name }) => name === 'kafka')
  if (topic === undefined || kafka === undefined) return null
  const nearest = topic.readers.toSorted((a, b) => (b.oldestUnreadMs ?? 0) - (a.oldestUnreadMs ?? 0))[0]
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
      {topic.readers.map((reader, i) => {
        if (reader.oldestUnreadMs === null) return null
        const x = Math.min(146, Math.max(2, 148 * placeOf(reader.oldestUnreadMs, topic.retentionMs)))
        const late = reader.oldestUnreadMs > reader.windowMs * 2 && reader.trend === 'falling behind'
        return (
          <path
            key={reader.name}
            d={`M${x.toFixed(1)} 2v16 m-3 ${i === 0 ? '-16' : '0'} h6`}
            class={late ? 'strip-tick strip-late' : 'strip-tick'}
          />
        )
      })}
    </svg>
  )
}

interface EdgesProps {
  readonly snapshot: Snapshot
  readonly at: (place: BoxPlace) => At
  readonly near: ReadonlySet<string> | null
  readonly width: number
}

function Edges({ snapshot, at, near, width }: EdgesProps) {
  const aged = useContext(Aged)
  return (
    <>
      <svg class="edges" width={width} height={pictureHeight} aria-hidden="true">
        {edges.map((edge) => {
          const { path, end } = pathOf(edge, at)
          const flow = flowOf(edge, snapshot)
          const blocked = blockedBy(edge, snapshot)
          const step = flow === null || flow === 0 ? 0 : flow < 10 ? 1 : flow < 100 ? 2 : 3
          return (
            <g
              key={`${edge.from} ${edge.to}`}
              class={`${faded(edge, near) ? 'faded' : ''} ${blocked === null ? '' : `blocked s-${blocked.replace(' ', '-')}`}`}
            >
              <path d={path} class={`edge e-${step}`} />
              {blocked === null || aged ? (
                <path
                  d={`M-7 -4 L0 0 L-7 4`}
                  transform={`translate(${end.x} ${end.y}) rotate(${end.turn})`}
                  class="arrow"
                />
              ) : (
                <path
                  d="M-4 -7 V7"
                  transform={`translate(${end.x - (end.turn === 0 ? 2 : 0)} ${end.y}) rotate(${end.turn})`}
                  class="bar"
                />
              )}
            </g>
          )
        })}
      </svg>
      {edges.map((edge) => {
        const { path, label } = pathOf(edge, at)
        const flow = flowOf(edge, snapshot)
        const speed = flow === null || flow === 0 || aged ? null : flow < 10 ? 6 : flow < 100 ? 4 : 2.6
        return (
          <div key={`${edge.from} ${edge.to}`} class={faded(edge, near) ? 'faded' : ''}>
            {speed !== null &&
              [0, 1, 2].map((i) => (
                <span
                  key={i}
                  class="dot"
                  style={{
                    offsetPath: `path("${path}")`,
                    animationDuration: `${speed}s`,
                    animationDelay: `${(-i * speed) / 3}s`
                  }}
                />
              ))}
            <span class="flow" style={{ left: px(label.x), top: px(label.y) }}>
              {rate(flow)}
            </span>
          </div>
        )
      })}
    </>
  )
}

function faded({ from, to }: Edge, near: ReadonlySet<string> | null): boolean {
  return near !== null && !(near.has(from) && near.has(to))
}

function flowOf({ from, to, rate: whose }: Edge, { boxes, topics }: Snapshot): number | null {
  const out = (name: string): number | null =>
    boxes.find((box) => box.name === name)?.rate ?? topics.find(({ role }) => role === name)?.rate ?? null
  if (from === 'enriched' || from === 'raw')
    return to === 'batch-loader' || to === 'realtime-loader'
      ? out(from === 'enriched' && to === 'realtime-loader' ? to : from)
      : out(to)
  if (from === 'dlq') return out('dlq')
  return whose === 'out' ? out(from) : out(to)
}

/** The state of the box that blocks this edge; null: nothing does. */
function blockedBy({ from, to }: Edge, { boxes }: Snapshot): StateWord | null {
  const state = [from, to]
    .map((name) => boxes.find((box) => box.name === name)?.state)
    .find((word) => word === 'down' || word === 'refused')
  return state ?? null
}

function pathOf(
  { from, to }: Edge,
  at: (place: BoxPlace) => At
): { path: string; label: { x: number; y: number }; end: { x: number; y: number; turn: number } } {
  const a = at(places.find(({ name }) => name === from)!)
  const b = at(places.find(({ name }) => name === to)!)
  if (Math.abs(a.x - b.x) < 1) {
    const x = a.x + boxWidth / 2
    const end = b.y - 2
    return {
      path: `M${x} ${a.y + a.h} L${x} ${end}`,
      label: { x: x + 34, y: (a.y + a.h + end) / 2 },
      end: { x, y: end, turn: 90 }
    }
  }
  const [x1, x2] = [a.x + boxWidth, b.x - 2]
  const y1 = a.y + a.h / 2 + spread(from, to, 'from')
  const y2 = b.y + b.h / 2 + spread(from, to, 'to')
  const bend = (x2 - x1) / 2
  return {
    path: `M${x1} ${y1} C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`,
    label: labelAt(labelShare(from, to), x1, y1, x2, y2),
    end: { x: x2, y: y2, turn: 0 }
  }
}

/** Edges of one box do not leave from one point. */
function spread(from: string, to: string, end: 'from' | 'to'): number {
  const shifts: Readonly<Record<string, number>> = {
    'to flight-producer collector': -14,
    'to weather-producer collector': 14,
    'from enricher enriched': -14,
    'from enricher dlq': 14,
    'from enriched batch-loader': -14,
    'from enriched realtime-loader': 14,
    'to enriched batch-loader': -14,
    'to dlq batch-loader': 18
  }
  return shifts[`${end} ${from} ${to}`] ?? 0
}

function px(n: number): string {
  return `${n}px`
}

/** Where on its way an edge is labelled: those that cross are labelled apart. */
function labelShare(from: string, to: string): number {
  return from === 'dlq' ? 0.3 : to === 'realtime-loader' ? 0.8 : 0.5
}

/** A point of the edge's curve, and above it where the edge is level. */
function labelAt(t: number, x1: number, y1: number, x2: number, y2: number): { x: number; y: number } {
  const u = 1 - t
  const middle = (x1 + x2) / 2
  const x = u ** 3 * x1 + 3 * u * u * t * middle + 3 * u * t * t * middle + t ** 3 * x2
  const y = u ** 3 * y1 + 3 * u * u * t * y1 + 3 * u * t * t * y2 + t ** 3 * y2
  return { x, y: y - (Math.abs(y1 - y2) < 12 ? 12 : 0) }
}
