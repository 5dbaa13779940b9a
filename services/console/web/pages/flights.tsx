import type { FlightsPage } from '../../src/wire/flights.ts'
import { plural, simTime, thin } from '../format.ts'
import type { Live } from '../live.ts'
import { usePolled } from '../use-polled.ts'
import { Failure, Loading } from '../parts.tsx'
import { Board } from './flights-board.tsx'
import { AucByDay, Calibration } from './flights-quality.tsx'

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
      <Failure what="the flights" error={error} height={560} />
    )
  return (
    <>
      <p class="lead">
        <Lead page={data} />
      </p>
      <Board page={data} url={url} />
      <div class="grid-2">
        <Calibration page={data} />
        <AucByDay days={data.days} page={data} />
      </div>
      {live.snapshot === null && <span class="sr">no live state</span>}
    </>
  )
}

function Lead({ page }: { readonly page: FlightsPage }) {
  if (page.airports.length === 0) return <>No flight has come by yet, so nothing can be said of departures.</>
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
  return (
    <>
      {names} at <span class="sim-text">SIM {page.simMs === null ? '–' : simTime(page.simMs).slice(11)}</span>
      {`: ${plural(next.length, 'departure')} in the next 2 h, ${late} of them more likely late than not. Judged so far: ${plural(page.judged, 'flight')}, ${auc}.`}
    </>
  )
}
