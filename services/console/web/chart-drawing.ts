import type uPlot from 'uplot'
import type { Band, Series } from './chart-data.ts'

const shrinkAfterMs = 30_000

/** What is expected at most: a thin line with its words, or with the short ones where those do not fit. */
export interface Limit {
  readonly value: number
  readonly words: string
  readonly short: string
}

export interface Drawn {
  readonly series: readonly Series[]
  readonly limit: Limit | undefined
  readonly marks: readonly { readonly t: number; readonly words: string }[]
  /** Left edge, seconds since the epoch. */
  readonly from: number
}

/** Grey where there is no data. */
export function drawBands(u: uPlot, bands: readonly Band[], color: (name: string) => string): void {
  for (const { from, to } of bands) {
    const [left, width] = spanOf(u, from, to)
    u.ctx.fillStyle = color('--unknown-tint')
    u.ctx.fillRect(left, u.bbox.top, width, u.bbox.height)
  }
}

/** Why there is no data, where the words have room; over the grid, so that no line strikes them out. */
export function drawBandWords(u: uPlot, bands: readonly Band[], color: (name: string) => string): void {
  const { ctx, bbox } = u
  const ratio = devicePixelRatio
  ctx.save()
  ctx.font = fontOf(ratio)
  ctx.textBaseline = 'middle'
  ctx.textAlign = 'center'
  for (const { from, to, words } of bands) {
    const [left, width] = spanOf(u, from, to)
    const text = [words, 'no data'].find((one) => ctx.measureText(one).width + 16 * ratio < width)
    if (text === undefined) continue
    const [x, y, half] = [left + width / 2, bbox.top + bbox.height / 4, ctx.measureText(text).width / 2]
    ctx.fillStyle = color('--unknown-tint')
    ctx.fillRect(x - half - 6 * ratio, y - 9 * ratio, 2 * half + 12 * ratio, 18 * ratio)
    ctx.fillStyle = color('--ink-2')
    ctx.fillText(text, x, y)
  }
  ctx.restore()
}

function spanOf(u: uPlot, from: number, to: number): [left: number, width: number] {
  const left = Math.max(u.bbox.left, u.valToPos(from, 'x', true))
  return [left, Math.max(0, Math.min(u.bbox.left + u.bbox.width, u.valToPos(to, 'x', true)) - left)]
}

function fontOf(ratio: number): string {
  return `${12 * ratio}px "Inter Variable", sans-serif`
}

/** Whole powers of ten around the values, so that the axis stays where it is. */
export function decades(low: number | null, high: number | null): [number, number] {
  const down = 10 ** Math.floor(Math.log10(Math.max(1e-3, low ?? 0.01)) + 1e-9)
  const up = 10 ** Math.ceil(Math.log10(Math.max(1e-3, high ?? 10)) - 1e-9)
  return [Math.min(0.01, down), Math.max(10, up)]
}

/** From steps of 1, 2 and 5: grows at once, shrinks only after 30 s below half. */
export function stepTop(top: { value: number; sinceMs: number }, high: number): number {
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

/** What is drawn beside the lines: the limit, marks of state changes, and each line's name at its end. */
export function drawLabels(u: uPlot, { series, limit, marks, from }: Drawn, color: (name: string) => string): void {
  const { ctx, bbox } = u
  const ratio = devicePixelRatio
  ctx.save()
  ctx.font = fontOf(ratio)
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
      const fits = ctx.measureText(limit.words).width + 12 * ratio < bbox.width
      ctx.fillText(fits ? limit.words : limit.short, bbox.left + 6 * ratio, y - 8 * ratio)
    }
  }
  for (const { t } of marks) {
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

export function powersOfTen(low: number, high: number): number[] {
  const first = Math.ceil(Math.log10(low) - 1e-9)
  const last = Math.floor(Math.log10(high) + 1e-9)
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => 10 ** (first + i))
}

/** Moves labels apart that would lie on each other; the lowest stays on the plot. `ys` ascend. */
function spreadLabels(ys: readonly number[], gap: number, bottom: number): number[] {
  const spread = ys.reduce<number[]>((placed, y) => [...placed, Math.max(y, (placed.at(-1) ?? -Infinity) + gap)], [])
  return spread.reduceRight<number[]>((placed, y) => [Math.min(y, (placed[0] ?? bottom + gap) - gap), ...placed], [])
}
