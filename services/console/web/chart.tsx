import { useEffect, useRef, useState } from 'preact/hooks'
import uPlot from 'uplot'
import { clock } from './format.ts'

export interface Series {
  readonly label: string
  /** Name of a CSS variable. */
  readonly color: string
  readonly values: readonly (number | null)[]
  readonly dash?: readonly number[]
}

export interface ChartProps {
  readonly title: string
  /** Seconds since the epoch, ascending. */
  readonly times: readonly number[]
  readonly series: readonly Series[]
  readonly windowSeconds: number
  readonly format: (value: number) => string
  /** Expected limit: a thin line with its words. */
  readonly limit?: { readonly value: number; readonly words: string } | undefined
  readonly marks?: readonly { readonly t: number; readonly words: string }[]
  readonly summary: string
  /** Charts with one key share their cursor. */
  readonly sync?: string
  readonly scale?: 'linear' | 'log'
}

const height = 190
const rightGap = 104
const shrinkAfterMs = 30_000

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
  const current = useRef({ times, series, format, limit, marks, windowSeconds })
  current.current = { times, series, format, limit, marks, windowSeconds }
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
    const now = (): number => current.current.times.at(-1) ?? Math.floor(Date.now() / 1_000)
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
        x: { time: true, range: () => [now() - windowSeconds, now()] },
        y: {
          // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- a const enum of uPlot, not there at run time
          ...(scale === 'log' && { distr: 3 }),
          range: (_u, low, high) =>
            scale === 'log'
              ? [Math.min(0.01, low || 0.01), Math.max(10, high || 10)]
              : [0, stepTop(top.current, Math.max(high ?? 0, 0))]
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
        draw: [(u) => drawLabels(u, current.current, color)],
        setCursor: [(u) => setAt(u.cursor.idx ?? null)]
      }
    }
    const made = new uPlot(options, dataOf(current.current), element)
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
    const frame = requestAnimationFrame(() => plot.current?.setData(dataOf(current.current)))
    return () => cancelAnimationFrame(frame)
  }, [times])

  const shownAt = at ?? times.length - 1
  const shownTime = times[shownAt]
  const shownValue = (value: number | null | undefined): string =>
    value === null || value === undefined ? '–' : format(value)
  const move = (event: KeyboardEvent): void => {
    const u = plot.current
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
    if (u === null || step === undefined) return
    event.preventDefault()
    const next = Math.min(times.length - 1, Math.max(0, (u.cursor.idx ?? times.length - 1) + step))
    u.setCursor({ left: u.valToPos(times[next] ?? 0, 'x'), top: 10 })
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
        {series.map((one) => (
          <span key={one.label} class="readout-item">
            <svg width="14" height="8" aria-hidden="true">
              <path
                d="M0 4h14"
                stroke={`var(${one.color})`}
                stroke-width="2"
                {...(one.dash !== undefined && { 'stroke-dasharray': '3 2' })}
              />
            </svg>
            {one.label} <b>{shownValue(one.values[shownAt])}</b>
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

/** A gap of more than three samples is a gap: nothing is drawn across it. */
function dataOf({ times, series }: Pick<ChartProps, 'times' | 'series'>): uPlot.AlignedData {
  const xs: number[] = []
  const ys: (number | null)[][] = series.map(() => [])
  for (const [i, t] of times.entries()) {
    const before = times[i - 1]
    if (before !== undefined && t - before > 8) {
      xs.push(before + 1)
      for (const values of ys) values.push(null)
    }
    xs.push(t)
    for (const [s, one] of series.entries()) ys[s]!.push(one.values[i] ?? null)
  }
  return [xs, ...ys]
}

/** From steps of 1, 2 and 5: grows at once, shrinks only after 30 s below half. */
function stepTop(top: { value: number; sinceMs: number }, high: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(high, 1)))
  const wanted = [1, 2, 5, 10].map((n) => n * power).find((step) => step >= high * 1.02) ?? 10 * power
  const now = Date.now()
  if (wanted >= top.value) {
    top.value = wanted
    top.sinceMs = now
  } else if (high > top.value / 2) top.sinceMs = now
  else if (now - top.sinceMs > shrinkAfterMs) {
    top.value = wanted
    top.sinceMs = now
  }
  return Math.max(top.value, 1e-3)
}

function drawLabels(
  u: uPlot,
  {
    series,
    limit,
    marks,
    times,
    windowSeconds
  }: Pick<ChartProps, 'series' | 'limit' | 'marks' | 'times' | 'windowSeconds'>,
  color: (name: string) => string
): void {
  const { ctx, bbox } = u
  const ratio = devicePixelRatio
  ctx.save()
  ctx.font = `${12 * ratio}px "Inter Variable", sans-serif`
  ctx.textBaseline = 'middle'
  ctx.textAlign = 'left'
  if (limit !== undefined) {
    const y = u.valToPos(limit.value, 'y', true)
    if (y > bbox.top && y < bbox.top + bbox.height) {
      ctx.strokeStyle = color('--edge')
      ctx.setLineDash([2 * ratio, 3 * ratio])
      ctx.beginPath()
      ctx.moveTo(bbox.left, y)
      ctx.lineTo(bbox.left + bbox.width, y)
      ctx.stroke()
      ctx.setLineDash([])
      ctx.fillStyle = color('--ink-2')
      ctx.fillText(limit.words, bbox.left + 6 * ratio, y - 8 * ratio)
    }
  }
  const from = (times.at(-1) ?? 0) - windowSeconds
  for (const { t } of marks ?? []) {
    if (t < from) continue
    const x = u.valToPos(t, 'x', true)
    ctx.strokeStyle = color('--edge')
    ctx.beginPath()
    ctx.moveTo(x, bbox.top + bbox.height - 8 * ratio)
    ctx.lineTo(x, bbox.top + bbox.height)
    ctx.stroke()
  }
  const labels = series
    .flatMap((one) => {
      const value = one.values.findLast((v) => v !== null && v !== undefined)
      return value === undefined || value === null
        ? []
        : [{ text: one.label, color: one.color, y: u.valToPos(value, 'y', true) }]
    })
    .toSorted((a, b) => a.y - b.y)
  const ys = spreadLabels(
    labels.map(({ y }) => y),
    14 * ratio,
    bbox.top + bbox.height
  )
  for (const [i, label] of labels.entries()) {
    const y = ys[i]!
    ctx.fillStyle = color(label.color)
    ctx.fillText(label.text, bbox.left + bbox.width + 8 * ratio, y)
  }
  ctx.restore()
}

function powersOfTen(low: number, high: number): number[] {
  const first = Math.ceil(Math.log10(low) - 1e-9)
  const last = Math.floor(Math.log10(high) + 1e-9)
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => 10 ** (first + i))
}

/** Moves labels apart that would lie on each other; the lowest stays on the plot. `ys` ascend. */
function spreadLabels(ys: readonly number[], gap: number, bottom: number): number[] {
  const spread = ys.reduce<number[]>((placed, y) => [...placed, Math.max(y, (placed.at(-1) ?? -Infinity) + gap)], [])
  return spread.reduceRight<number[]>((placed, y) => [Math.min(y, (placed[0] ?? bottom + gap) - gap), ...placed], [])
}
