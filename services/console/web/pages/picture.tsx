import { useEffect, useRef, useState } from 'preact/hooks'
import type { Snapshot } from '../../src/wire/live.ts'
import { boxWidth, columns, edges, heightOf, pictureHeight, places, type BoxPlace } from '../boxes.ts'
import { ServiceBox, TopicBox } from './picture-boxes.tsx'
import { Edges, px, type At } from './picture-edges.tsx'

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
        <span>
          {focused === undefined ? (
            'Hover or focus a box to see what it is; open it for its figures. A topic is drawn as its log, the oldest record left, the newest right: a reader’s tick has its lag to the right and its margin to loss to the left. The arrow is the reader nearest to loss, named below.'
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
        </span>
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
