import type { CalibrationBin, DayQuality, FlightsPage } from '../../src/wire/flights.ts'
import { count, percent, plural, simTime, thin } from '../format.ts'
import { Empty, Panel } from '../parts.tsx'

const plot = { left: 44, top: 10, width: 420, height: 260, histogram: 46 }

export function Calibration({ page }: { readonly page: FlightsPage }) {
  const { bins, judged, late } = page
  const base = judged === 0 ? null : late / judged
  const most = Math.max(1, ...bins.map(({ flights }) => flights))
  const x = (share: number): number => plot.left + share * plot.width
  const y = (share: number): number => plot.top + (1 - share) * plot.height
  const best = bins.toSorted((a, b) => b.flights - a.flights)[0]
  return (
    <Panel
      title="Calibration: of those given this risk, how many were late?"
      aside={<span class="hint">{page.model ?? ''}</span>}
    >
      {judged === 0 ? (
        <Empty>
          No flight is judged yet. Looked at: flights whose schedule came by in events.enriched. A cohort counts 3
          simulated hours after its scheduled arrival, when its late ones have landed too.
        </Empty>
      ) : (
        <>
          <svg
            class="calibration"
            viewBox={`-14 0 ${plot.left + plot.width + 44} ${plot.top + plot.height + plot.histogram + 28}`}
            role="img"
            aria-label={`Calibration of ${judged} flights in ten bins of predicted risk`}
          >
            {[0, 0.25, 0.5, 0.75, 1].map((share) => (
              <g key={share}>
                <path d={`M${plot.left} ${y(share)}H${plot.left + plot.width}`} class="grid-line" />
                <text x={plot.left - 8} y={y(share) + 4} class="tick" text-anchor="end">
                  {percent(share)}
                </text>
                <text x={x(share)} y={plot.top + plot.height + 16} class="tick" text-anchor="middle">
                  {percent(share)}
                </text>
              </g>
            ))}
            <path d={`M${x(0)} ${y(0)}L${x(1)} ${y(1)}`} class="diagonal" />
            <text x={x(0.86)} y={y(0.9)} class="tick" text-anchor="end">
              as predicted
            </text>
            {base !== null && (
              <>
                <path d={`M${x(0)} ${y(base)}H${x(1)}`} class="base-rate" />
                <text x={x(1)} y={y(base) - 6} class="tick" text-anchor="end">
                  all {count(judged)} flights {percent(base)}
                </text>
              </>
            )}
            {bins
              .filter(({ flights }) => flights > 0)
              .map((bin) => (
                <Bin key={bin.from} bin={bin} most={most} x={x} y={y} />
              ))}
            {bins.map((bin) => {
              const h = (bin.flights / most) * plot.histogram
              return (
                <rect
                  key={bin.from}
                  x={x(bin.from) + 2}
                  y={plot.top + plot.height + 24 + plot.histogram - h}
                  width={plot.width / 10 - 4}
                  height={h}
                  class="histogram"
                />
              )
            })}
          </svg>
          <p class="label">
            Right: predicted risk. Up: share that was late. Below: flights per bin, at most {count(most)}.
          </p>
          <p class="note">
            {best !== undefined &&
              `Of ${plural(best.flights, 'flight')} given ${percent(best.from)} to ${percent(best.to)}, ${percent(best.late / best.flights)} were late. `}
            Bars are 95{thin}% intervals; bins under 30 flights are hollow. <Cohort page={page} />
          </p>
        </>
      )}
    </Panel>
  )
}

function Bin({
  bin,
  most,
  x,
  y
}: {
  readonly bin: CalibrationBin
  readonly most: number
  readonly x: (n: number) => number
  readonly y: (n: number) => number
}) {
  const cx = x(bin.meanRisk)
  const share = bin.late / bin.flights
  return (
    <g>
      <title>{`${percent(bin.from)} to ${percent(bin.to)}: ${bin.late} of ${bin.flights} late`}</title>
      <path d={`M${cx} ${y(bin.low)}V${y(bin.high)}`} class="whisker" />
      <circle
        cx={cx}
        cy={y(share)}
        r={3 + 7 * Math.sqrt(bin.flights / most)}
        class={bin.flights < 30 ? 'bin bin-hollow' : 'bin'}
      />
    </g>
  )
}

function Cohort({ page }: { readonly page: FlightsPage }) {
  const { cohortMs, judged, cancelled, diverted, cohortOpen, unscored } = page
  return (
    <>
      Judged are flights scheduled to arrive before <span class="sim-text">SIM {simTime(cohortMs)}</span>:{' '}
      {`${count(judged)} landed with a prediction, ${count(unscored)} landed without one, ${count(cancelled)} cancelled, ${count(diverted)} diverted, ${count(cohortOpen)} still open. Cancelled and diverted ones are counted apart.`}
    </>
  )
}

export function AucByDay({ days, page }: { readonly days: readonly DayQuality[]; readonly page: FlightsPage }) {
  const shown = days.filter(({ judged, open }) => judged + open > 0).slice(-21)
  const width = 420
  const every = Math.ceil(shown.length / 8)
  const step = width / Math.max(7, shown.length)
  // A day on which the model was worse than chance is shown, not cut off.
  const floor = shown.some(({ low }) => low !== null && low < 0.5) ? 0.4 : 0.5
  const y = (auc: number): number => 10 + (1 - (Math.max(floor, auc) - floor) / (1 - floor)) * 260
  return (
    <Panel
      title="AUC per simulated day of arrival"
      aside={
        <span class="hint">
          {page.auc === null ? '' : `all days ${page.auc.toFixed(3)}, n = ${count(page.judged)}`}
        </span>
      }
    >
      {shown.length === 0 ? (
        <Empty>
          No simulated day has judged flights yet. Looked at: flights whose schedule came by in events.enriched. A day
          is drawn from 100 flights on that were judged, 3 simulated hours after their scheduled arrival.
        </Empty>
      ) : (
        <>
          <svg
            class="calibration"
            viewBox="-14 0 508 320"
            role="img"
            aria-label={`AUC per day: ${shown.map(({ day, auc, judged }) => `${day} ${auc === null ? 'not drawn' : auc.toFixed(2)} of ${judged}`).join(', ')}`}
          >
            {[0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]
              .filter((auc) => auc >= floor)
              .map((auc) => (
                <g key={auc}>
                  <path d={`M44 ${y(auc)}H464`} class={auc === 0.5 ? 'base-rate' : 'grid-line'} />
                  <text x="36" y={y(auc) + 4} class="tick" text-anchor="end">
                    {auc.toFixed(2)}
                  </text>
                </g>
              ))}
            <text x="464" y={y(0.5) - 6} class="tick" text-anchor="end">
              0.50: scores say nothing
            </text>
            {shown.map((day, i) => {
              const cx = 44 + step * (i + 0.5)
              const isOpen = i === shown.length - 1
              return (
                <g key={day.day}>
                  <title>{`${day.day}: ${day.auc === null ? 'under 100 judged flights' : `AUC ${day.auc.toFixed(3)}, ${day.low!.toFixed(2)} to ${day.high!.toFixed(2)}`}, n = ${day.judged}, ${day.cancelled} cancelled, ${day.diverted} diverted, ${day.open} open`}</title>
                  {day.auc !== null && (
                    <>
                      <path d={`M${cx} ${y(day.low!)}V${y(day.high!)}`} class="whisker" />
                      <circle cx={cx} cy={y(day.auc)} r="5" class={isOpen ? 'bin bin-hollow' : 'bin'} />
                    </>
                  )}
                  {i % every === 0 && (
                    <text x={cx} y="290" class="tick tick-sim" text-anchor="middle">
                      {day.day.slice(5)}
                    </text>
                  )}
                  {i % every === 0 && (
                    <text x={cx} y="308" class="tick" text-anchor="middle">
                      n {count(day.judged)}
                    </text>
                  )}
                </g>
              )
            })}
          </svg>
          <p class="label">
            <span class="sim-text">Day of arrival, SIM, UTC</span>; a hollow dot is not over.
          </p>
          <p class="note">
            Half of all scores put in order at random would give 0.50. Days under 100 judged flights are not drawn.
            Accuracy is not shown: never saying “late” would already score{' '}
            {percent(page.judged === 0 ? null : 1 - page.late / page.judged)}.
          </p>
        </>
      )}
    </Panel>
  )
}
