import { useState } from 'preact/hooks'
import type { Airport, FlightRow, FlightsPage } from '../../src/wire/flights.ts'
import { clock, duration, hourMinute, percent, thin } from '../format.ts'
import { Empty, Panel, Shape } from '../parts.tsx'
import { withQuery } from '../router.ts'

export function Board({ page, url }: { readonly page: FlightsPage; readonly url: URL }) {
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
            {row.id} · scheduled <Sim iso={row.scheduledDeparture} /> to <Sim iso={row.scheduledArrival} /> ·{' '}
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
      if (minutes === null) return <Sim iso={row.landedAt} />
      const late = minutes > 15
      return (
        <>
          <Sim iso={row.landedAt} />,{' '}
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
          left <Sim iso={row.departedAt} />
          {(row.departureDelayMinutes ?? 0) > 15 && `, +${row.departureDelayMinutes}${thin}min`}
        </>
      )
    case 'cancelled':
      return 'cancelled'
    case 'diverted':
      return row.landedAt === null ? (
        'diverted'
      ) : (
        <>
          diverted, <Sim iso={row.landedAt} />
        </>
      )
    default: {
      const minutes = Math.round((Date.parse(row.scheduledDeparture) - (simMs ?? NaN)) / 60_000)
      if (Number.isNaN(minutes)) return ''
      if (minutes < 0) return 'has not left yet'
      return minutes === 0 ? 'now' : `in ${duration(minutes * 60_000).replace(/\s00\s?s$/, '')} sim`
    }
  }
}

/** A simulated time of day looks like one wherever it stands. */
function Sim({ iso }: { readonly iso: string | null }) {
  return <span class="sim-text">{hourMinute(iso)}</span>
}
