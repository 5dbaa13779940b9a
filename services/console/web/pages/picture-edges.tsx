import { useContext } from 'preact/hooks'
import type { Snapshot, StateWord } from '../../src/wire/live.ts'
import { boxWidth, edges, pictureHeight, places, type BoxPlace, type Edge } from '../boxes.ts'
import { rate } from '../format.ts'
import { Aged } from '../parts.tsx'

export interface At {
  readonly x: number
  readonly y: number
  readonly h: number
}

interface EdgesProps {
  readonly snapshot: Snapshot
  readonly at: (place: BoxPlace) => At
  readonly near: ReadonlySet<string> | null
  readonly width: number
}

export function Edges({ snapshot, at, near, width }: EdgesProps) {
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

export function px(n: number): string {
  return `${n}px`
}

/** Where on its way an edge is labelled: those that cross are labelled apart. */
function labelShare(from: string, to: string): number {
  return from === 'dlq' ? 0.42 : to === 'realtime-loader' ? 0.8 : 0.5
}

/** A point of the edge's curve, and above it where the edge is level. */
function labelAt(t: number, x1: number, y1: number, x2: number, y2: number): { x: number; y: number } {
  const u = 1 - t
  const middle = (x1 + x2) / 2
  const x = u ** 3 * x1 + 3 * u * u * t * middle + 3 * u * t * t * middle + t ** 3 * x2
  const y = u ** 3 * y1 + 3 * u * u * t * y1 + 3 * u * t * t * y2 + t ** 3 * y2
  return { x, y: y - (Math.abs(y1 - y2) < 12 ? 12 : 0) }
}
