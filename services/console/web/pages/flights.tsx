import { useState } from 'preact/hooks'
import type { Airport, CalibrationBin, DayQuality, FlightRow, FlightsPage } from '../../src/wire.ts'
import { clock, count, duration, hourMinute, percent, plural, simTime, thin } from '../format.ts'
import { usePolled, type Live } from '../live.ts'
import { Empty, Failure, Loading, Panel, Shape } from '../parts.tsx'
import { withQuery } from '../router.ts'

/** What does the model say, and was it right? */
export function Flights({ live, url }: { readonly live: Live; readonly url: URL }) {
  const { data, error } = usePolled<FlightsPage>('/api/flights', 2_000)
  if (data === null)
    return error === null ? (
      <>
        <Loading height={60} />
        <Loading height={560} />
      </>
    ) : (
      <Failure what="the flights" error={error} />
    )
  return (
    <>
      <p class="lead">{leadOf(data)}</p>
      <Board page={data} url={url} />
      <div class="grid-2">
        <Calibration page={data} />
        <AucByDay days={data.days} page={data} />
      </div>
      {live.snapshot === null && <span class="sr">no live state</span>}
    </>
  )
}

function leadOf(page: FlightsPage): string {
  const next = page.airports.flatMap(({ next: rows }) => rows)
  const late = next.filter(({ risk }) => risk !== null && risk >= 0.5).length
  const airports = page.airports.map(({ code }) => code)
  const names =
    airports.length === 0
      ? 'No airport'
      : `${airports.slice(0, -1).join(', ')}${airports.length > 1 ? ' and ' : ''}${airports.at(-1)}`
  const auc =
    page.auc === null
      ? `AUC is drawn from 100 judged flights on`
      : `AUC ${page.auc.toFixed(2)} (95${thin}% interval ${page.aucLow!.toFixed(2)} to ${page.aucHigh!.toFixed(2)})`
  return `${names} at SIM ${page.simMs === null ? '–' : simTime(page.simMs).slice(11)}: ${plural(next.length, 'departure')} in the next 2 h, ${late} of them more likely late than not. Judged so far: ${plural(page.judged, 'flight')}, ${auc}.`
}

function Board({ page, url }: { readonly page: FlightsPage; readonly url: URL }) {
  const chosen = url.searchParams.get('airport') ?? page.airports[0]?.code ?? ''
  const aside =
    page.boardProblem === null ? (
      <span class="hint">
        from Redis, {clock(page.boardAtMs)} · late = more than 15 min after the scheduled arrival · all times SIM, UTC
      </span>
    ) : (
      <span class="hint hint-bad">
        <Shape state="unknown" /> Cannot read Redis: {page.boardProblem}.{' '}
        {page.boardAtMs === null ? 'Nothing was read yet.' : `Showing ${clock(page.boardAtMs)}.`}
      </span>
    )
  return (
    <Panel title="Departures" aside={aside} class={page.boardProblem === null ? '' : 'stale'}>
      {page.airports.length === 0 ? (
        <Empty>
          No flight has come by yet. The board fills when flight-producer runs and realtime-loader has applied the first
          schedules.
        </Empty>
      ) : (
        <>
          <div class="tabs board-tabs" role="tablist" aria-label="Airports">
            {page.airports.map(({ code }) => (
              <a key={code} role="tab" aria-selected={code === chosen} href={withQuery(url, { airport: code })}>
                {code}
              </a>
            ))}
          </div>
          <div class="boards">
            {page.airports.map((airport) => (
              <AirportBoard key={airport.code} airport={airport} chosen={airport.code === chosen} simMs={page.simMs} />
            ))}
          </div>
        </>
      )}
    </Panel>
  )
}

const sections = [
  ['next', 'Next 2 h', 10],
  ['air', 'In the air', 6],
  ['landed', 'Landed in the last hour', 5]
] as const

function AirportBoard({
  airport,
  chosen,
  simMs
}: {
  readonly airport: Airport
  readonly chosen: boolean
  readonly simMs: number | null
}) {
  const [open, setOpen] = useState<string | null>(null)
  return (
    <div class={chosen ? 'board' : 'board board-other'}>
      <h3>{airport.code}</h3>
      {sections.map(([key, title, shown]) => {
        const rows = airport[key]
        return (
          <table key={key} class="table board-table">
            <caption>
              {title} <span class="sub-inline">{rows.length > shown ? `${shown} of ${rows.length}` : rows.length}</span>
            </caption>
            <colgroup>
              <col class="t" />
              <col class="f" />
              <col class="d" />
              <col class="risk" />
              <col />
            </colgroup>
            <thead class="sr">
              <tr>
                <th scope="col">scheduled</th>
                <th scope="col">flight</th>
                <th scope="col">to</th>
                <th scope="col">risk of being late</th>
                <th scope="col">what happened</th>
              </tr>
            </thead>
            <tbody>
              {Array.from({ length: shown }, (_, i) => rows[i]).map((row, i) =>
                row === undefined ? (
                  <tr key={`empty ${i}`} class="board-empty">
                    <td colSpan={5}>{i === 0 && rows.length === 0 ? 'none at this moment' : ''}</td>
                  </tr>
                ) : (
                  <FlightLine
                    key={row.id}
                    row={row}
                    simMs={simMs}
                    isOpen={open === row.id}
                    toggle={() => setOpen(open === row.id ? null : row.id)}
                  />
                )
              )}
            </tbody>
          </table>
        )
      })}
    </div>
  )
}

function FlightLine({
  row,
  simMs,
  isOpen,
  toggle
}: {
  readonly row: FlightRow
  readonly simMs: number | null
  readonly isOpen: boolean
  readonly toggle: () => void
}) {
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === 'Enter' && event.target === event.currentTarget) toggle()
  }
  return (
    <>
      <tr data-row data-flight={row.id} tabIndex={-1} onClick={toggle} onKeyDown={onKey} class="row-open">
        <td class="t mono-num">{hourMinute(row.scheduledDeparture)}</td>
        <td class="f">
          <button type="button" class="plain" aria-expanded={isOpen}>
            {row.carrier} {row.number}
          </button>
        </td>
        <td class="d">{row.destination}</td>
        <td class="risk">
          {row.risk === null ? (
            <span class="sub-inline">– {row.riskWhy}</span>
          ) : (
            <>
              <span class="risk-bar">
                <span style={{ width: `${Math.round(row.risk * 100)}%` }} />
              </span>
              <span class="risk-value">{percent(row.risk)}</span>
            </>
          )}
        </td>
        <td class="o">{outcomeOf(row, simMs)}</td>
      </tr>
      {isOpen && (
        <tr class="row-detail">
          <td colSpan={5}>
            {row.id} · scheduled {hourMinute(row.scheduledDeparture)} to {hourMinute(row.scheduledArrival)} ·{' '}
            {row.model ?? 'no model'} ·{' '}
            <a href={`/trace?q=${encodeURIComponent(`${row.id}:scheduled`)}`}>trace its prediction</a>
          </td>
        </tr>
      )}
    </>
  )
}

function outcomeOf(row: FlightRow, simMs: number | null) {
  switch (row.status) {
    case 'landed': {
      const minutes = row.arrivalDelayMinutes
      if (minutes === null) return hourMinute(row.landedAt)
      const late = minutes > 15
      return (
        <>
          {hourMinute(row.landedAt)},{' '}
          {late ? (
            <span class="late">
              ◆ {minutes}
              {thin}min late
            </span>
          ) : minutes > 0 ? (
            `+${minutes}${thin}min`
          ) : minutes === 0 ? (
            'on time'
          ) : (
            `${-minutes}${thin}min early`
          )}
        </>
      )
    }
    case 'departed':
      return (
        <>
          left {hourMinute(row.departedAt)}
          {(row.departureDelayMinutes ?? 0) > 15 && `, +${row.departureDelayMinutes}${thin}min`}
        </>
      )
    case 'cancelled':
      return 'cancelled'
    case 'diverted':
      return row.landedAt === null ? 'diverted' : `diverted, ${hourMinute(row.landedAt)}`
    default: {
      const wait = Date.parse(row.scheduledDeparture) - (simMs ?? NaN)
      return Number.isNaN(wait)
        ? ''
        : wait >= 0
          ? `in ${duration(Math.round(wait / 60_000) * 60_000).replace(/\s00\s?s$/, '')} sim`
          : 'has not left yet'
    }
  }
}

const plot = { left: 44, top: 10, width: 420, height: 260, histogram: 46 }

function Calibration({ page }: { readonly page: FlightsPage }) {
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
          No flight is judged yet: a cohort counts 3 simulated hours after its scheduled arrival, when its late ones
          have landed too.
        </Empty>
      ) : (
        <>
          <svg
            class="calibration"
            viewBox={`0 0 ${plot.left + plot.width + 16} ${plot.top + plot.height + plot.histogram + 44}`}
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
                  all flights {percent(base)}
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
            <text x={plot.left} y={plot.top + plot.height + plot.histogram + 40} class="tick">
              predicted risk, and how many flights got it (most: {count(most)})
            </text>
          </svg>
          <p class="note">
            {best !== undefined &&
              `Of ${plural(best.flights, 'flight')} given ${percent(best.from)} to ${percent(best.to)}, ${percent(best.late / best.flights)} were late. `}
            Bars are 95{thin}% intervals; bins under 30 flights are hollow. {cohortText(page)}
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

function cohortText({ cohortMs, judged, cancelled, diverted, cohortOpen, unscored }: FlightsPage): string {
  return `Judged are flights scheduled to arrive before ${simTime(cohortMs)}: ${count(judged)} landed with a prediction, ${count(unscored)} landed without one, ${count(cancelled)} cancelled, ${count(diverted)} diverted, ${count(cohortOpen)} still open. Cancelled and diverted ones are counted apart.`
}

function AucByDay({ days, page }: { readonly days: readonly DayQuality[]; readonly page: FlightsPage }) {
  const shown = days.filter(({ judged, open }) => judged + open > 0).slice(-21)
  const width = 420
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
        <Empty>No simulated day has judged flights yet.</Empty>
      ) : (
        <>
          <svg
            class="calibration"
            viewBox="0 0 480 360"
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
                  {(shown.length <= 8 || i % 2 === 0) && (
                    <text x={cx} y="290" class="tick" text-anchor="middle">
                      {day.day.slice(5)}
                    </text>
                  )}
                  {(shown.length <= 8 || i % 2 === 0) && (
                    <text x={cx} y="308" class="tick" text-anchor="middle">
                      n {count(day.judged)}
                    </text>
                  )}
                </g>
              )
            })}
            <text x="44" y="340" class="tick">
              day of arrival, UTC, simulated; a hollow dot is not over
            </text>
          </svg>
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
