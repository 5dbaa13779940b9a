import { useEffect, useRef, useState } from 'preact/hooks'
import uPlot from 'uplot'
import { bandsOf, dataOf, edgeOf, type Series } from './chart-data.ts'
import { decades, drawBands, drawBandWords, drawLabels, powersOfTen, stepTop, type Limit } from './chart-drawing.ts'
import { clock } from './format.ts'
import { shownNow } from './live.ts'

export interface ChartProps {
  readonly title: string
  /** Seconds since the epoch, ascending. */
  readonly times: readonly number[]
  readonly series: readonly Series[]
  readonly windowSeconds: number
  readonly format: (value: number) => string
  readonly limit?: Limit | undefined
  readonly marks?: readonly { readonly t: number; readonly words: string }[]
  readonly summary: string
  /** Charts with one key share their cursor. */
  readonly sync?: string
  readonly scale?: 'linear' | 'log'
}

const height = 190
const rightGap = 104

/** A course over time: fixed window, axis from zero that grows at once and shrinks late, lines labelled at their end. */
export function Chart({
  title,
  times,
  series,
  windowSeconds,
  format,
  limit,
  marks = [],
  summary,
  sync,
  scale = 'linear'
}: ChartProps) {
  const box = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | null>(null)
  const to = edgeOf(times, Math.floor(shownNow() / 1_000))
  const from = to - windowSeconds
  const current = useRef({ times, series, format, limit, marks, from, to })
  current.current = { times, series, format, limit, marks, from, to }
  const top = useRef({ value: 0, sinceMs: 0 })
  const [theme, setTheme] = useState(0)
  const [at, setAt] = useState<number | null>(null)
  const [asTable, setAsTable] = useState(false)

  useEffect(() => {
    const redraw = (): void => setTheme((n) => n + 1)
    const media = matchMedia('(prefers-color-scheme: dark)')
    media.addEventListener('change', redraw)
    addEventListener('themechange', redraw)
    return () => {
      media.removeEventListener('change', redraw)
      removeEventListener('themechange', redraw)
    }
  }, [])

  useEffect(() => {
    const element = box.current
    if (element === null || asTable) return undefined
    const color = (name: string): string => getComputedStyle(element).getPropertyValue(name).trim()
    const options: uPlot.Options = {
      width: element.clientWidth,
      height,
      padding: [8, rightGap, 0, 0],
      legend: { show: false },
      cursor: {
        y: false,
        drag: { x: false, y: false },
        points: { size: 6 },
        ...(sync !== undefined && { sync: { key: sync, setSeries: false } })
      },
      scales: {
        x: { time: true, range: () => [current.current.from, current.current.to] },
        y: {
          // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- a const enum of uPlot, not there at run time
          ...(scale === 'log' && { distr: 3 }),
          range: (_u, low, high) =>
            scale === 'log' ? decades(low, high) : [0, stepTop(top.current, Math.max(high ?? 0, 0))]
        }
      },
      axes: [
        {
          stroke: color('--ink-2'),
          font: '12px "Inter Variable", sans-serif',
          size: 28,
          grid: { show: false },
          ticks: { stroke: color('--edge'), size: 4 },
          values: (_u, splits) => splits.map((t) => new Date(t * 1_000).toISOString().slice(11, 16)),
          space: 70
        },
        {
          stroke: color('--ink-2'),
          font: '12px "Inter Variable", sans-serif',
          size: 56,
          gap: 6,
          grid: { stroke: color('--rule'), width: 1 },
          ticks: { show: false },
          values: (_u, splits) => splits.map((v) => (v === null ? '' : current.current.format(v))),
          space: 34,
          // One line for each power of ten.
          ...(scale === 'log' && {
            splits: (_u: uPlot, _axis: number, low: number, high: number) => powersOfTen(low, high)
          })
        }
      ],
      series: [
        {},
        ...series.map((one) => ({
          label: one.label,
          stroke: color(one.color),
          width: 1.5,
          points: { show: false },
          spanGaps: false,
          ...(one.dash !== undefined && { dash: [...one.dash] })
        }))
      ],
      hooks: {
        drawClear: [(u) => drawBands(u, currentBands(), color)],
        draw: [(u) => drawBandWords(u, currentBands(), color), (u) => drawLabels(u, current.current, color)],
        setCursor: [(u) => setAt(u.cursor.idx ?? null)]
      }
    }
    const currentBands = () => {
      const shown = current.current
      return bandsOf(shown.times, shown.series, shown.from, shown.to)
    }
    const made = new uPlot(options, dataOf(times, series), element)
    plot.current = made
    const resize = new ResizeObserver(() => {
      if (element.clientWidth !== made.width && element.clientWidth > 0)
        made.setSize({ width: element.clientWidth, height })
    })
    resize.observe(element)
    return () => {
      resize.disconnect()
      made.destroy()
      plot.current = null
    }
  }, [theme, asTable, series.length, windowSeconds])

  useEffect(() => {
    // All charts in one frame, and none in a hidden tab.
    const frame = requestAnimationFrame(() =>
      plot.current?.setData(dataOf(current.current.times, current.current.series))
    )
    return () => cancelAnimationFrame(frame)
  }, [to, times.length, times.at(-1)])

  const [xs, ...ys] = dataOf(times, series)
  const shownAt = at ?? xs.length - 1
  const shownTime = xs[shownAt]
  const shownBand = bandsOf(times, series, from, to).find(
    (band) => shownTime !== undefined && band.from < shownTime && shownTime < band.to
  )
  const shownValue = (value: number | null | undefined): string =>
    value === null || value === undefined ? '–' : format(value)
  const move = (event: KeyboardEvent): void => {
    const u = plot.current
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
    if (u === null || step === undefined) return
    event.preventDefault()
    const next = Math.min(xs.length - 1, Math.max(0, (u.cursor.idx ?? xs.length - 1) + step))
    u.setCursor({ left: u.valToPos(xs[next] ?? 0, 'x'), top: 10 })
  }
  return (
    <section class="chart" aria-label={summary}>
      <header class="panel-head">
        <h2>{title}</h2>
        <div class="panel-aside">
          <button type="button" class="quiet" onClick={() => setAsTable(!asTable)} aria-pressed={asTable}>
            {asTable ? 'show as chart' : 'show as table'}
          </button>
        </div>
      </header>
      <p class="readout" aria-hidden="true">
        <span class="readout-time">{shownTime === undefined ? ' ' : clock(shownTime * 1_000)}</span>
        {shownBand !== undefined && <span>{shownBand.words}</span>}
        {series.map((one, i) => (
          <span key={one.label} class="readout-item">
            <svg width="14" height="8" aria-hidden="true">
              <path
                d="M0 4h14"
                stroke={`var(${one.color})`}
                stroke-width="2"
                {...(one.dash !== undefined && { 'stroke-dasharray': '3 2' })}
              />
            </svg>
            {one.label} <b>{shownValue(ys[i]?.[shownAt])}</b>
          </span>
        ))}
      </p>
      {asTable ? (
        <div class="scroll-y" tabIndex={0} style={{ height: `${height}px` }}>
          <table class="table">
            <caption class="sr">{title}</caption>
            <thead>
              <tr>
                <th scope="col">time</th>
                {series.map(({ label }) => (
                  <th key={label} scope="col" class="num">
                    {label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {times
                .slice(-60)
                .map((t, i) => ({ t, i: Math.max(0, times.length - 60) + i }))
                .toReversed()
                .filter(({ i }) => i % 5 === 0)
                .map(({ t, i }) => (
                  <tr key={t}>
                    <td>{clock(t * 1_000)}</td>
                    {series.map(({ label, values }) => (
                      <td key={label} class="num">
                        {shownValue(values[i])}
                      </td>
                    ))}
                  </tr>
                ))}
            </tbody>
          </table>
        </div>
      ) : (
        <div
          ref={box}
          class="plot"
          style={{ height: `${height}px` }}
          tabIndex={0}
          role="img"
          aria-label={summary}
          onKeyDown={move}
        />
      )}
    </section>
  )
}
