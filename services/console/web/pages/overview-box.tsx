import { useContext } from 'preact/hooks'
import type { Box, StateWord } from '../../src/wire/live.ts'
import { places } from '../boxes.ts'
import { clock, percentile, rate } from '../format.ts'
import type { Live } from '../live.ts'
import { Aged, Panel, State } from '../parts.tsx'

export function BoxPanel({ box, live }: { readonly box: Box | undefined; readonly live: Live }) {
  if (box === undefined) return null
  const place = places.find(({ name }) => name === box.name)
  const own = live.changes
    .filter((change) => change.box === box.name)
    .slice(-6)
    .toReversed()
  return (
    <Panel
      title={box.name}
      class="opened"
      aside={
        <a class="button" href="/">
          close
        </a>
      }
    >
      <p>
        {place?.sentence}{' '}
        {place?.readme != null && (
          <a href={place.readme} target="_blank">
            README
          </a>
        )}
      </p>
      <dl class="facts">
        <div>
          <dt>state</dt>
          <dd>
            <State state={box.state} note={box.why} />
          </dd>
        </div>
        <div>
          <dt>since</dt>
          <dd>{clock(box.sinceMs)}</dd>
        </div>
        <div>
          <dt>rate out</dt>
          <dd>{rate(box.rate)}</dd>
        </div>
        <div>
          <dt>latency{box.step === null ? '' : `, step ${box.step}`}</dt>
          <dd>
            p50 {percentile(box.p50, box.ceiling, box.p50 !== null)}, p99{' '}
            {percentile(box.p99, box.ceiling, box.p50 !== null)}
          </dd>
        </div>
        <div>
          <dt>version</dt>
          <dd>{box.version ?? '–'}</dd>
        </div>
        <div>
          <dt>last answer</dt>
          <dd>{clock(box.answeredMs)}</dd>
        </div>
      </dl>
      {own.length > 0 && (
        <ul class="changes">
          {own.map((change) => (
            <li key={change.atMs}>
              {clock(change.atMs)} {change.from} to <Became state={change.to} why={change.why} />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}

/** What a box became is history: it stays true on a page that is old, but no longer says what is. */
export function Became({ state, why }: { readonly state: StateWord; readonly why: string }) {
  if (!useContext(Aged)) return <State state={state} note={why} />
  return (
    <>
      {state} <span class="state-note">{why}</span>
    </>
  )
}
