import type { ContractPage } from '../../src/wire/contracts.ts'
import { clock, count, percent, thin } from '../format.ts'
import { usePolled } from '../use-polled.ts'
import { Empty, Failure, Loading, Missing, Panel } from '../parts.tsx'
import { go } from '../router.ts'
import { One } from './contracts-one.tsx'

/** What may I send? */
export function Contracts({ url }: { readonly url: URL }) {
  const { data, error } = usePolled<readonly ContractPage[]>('/api/contracts', 5_000)
  if (data === null)
    return error === null ? (
      <>
        <Loading height={60} />
        <Loading height={400} />
      </>
    ) : (
      <Failure what="the contracts" error={error} height={400} />
    )
  const type = decodeURIComponent(url.pathname.split('/')[2] ?? '')
  const chosen = data.find((contract) => contract.type === type)
  const refused = data.filter(({ refusedShare }) => (refusedShare ?? 0) > 0).length
  return (
    <>
      {chosen === undefined ? (
        <p class="lead">
          {count(data.length)} event types may be sent;{' '}
          {refused === 0 ? 'none of them had an event refused' : `${count(refused)} of them had events refused`} since
          the console counts. One file in schemas/ is one type.
        </p>
      ) : (
        <>
          <p class="lead">
            <b>{chosen.type}</b>: {firstSentence(chosen.description)}
          </p>
          <p class="lead-more">{chosen.description.slice(firstSentence(chosen.description).length).trim()}</p>
        </>
      )}
      {type !== '' && chosen === undefined && (
        <Empty>
          There is no contract {type}. <a href="/contracts">All contracts</a>
        </Empty>
      )}
      {chosen === undefined ? <List contracts={data} /> : <One contract={chosen} />}
    </>
  )
}

function List({ contracts }: { readonly contracts: readonly ContractPage[] }) {
  return (
    <Panel title="Event types">
      <div class="scroll-x" tabIndex={0}>
        <table class="table">
          <caption class="sr">Event types</caption>
          <thead>
            <tr>
              <th scope="col">type</th>
              <th scope="col" class="num wide">
                version
              </th>
              <th scope="col" class="wide">
                what it says
              </th>
              <th scope="col" class="num">
                rate
              </th>
              <th scope="col" class="num">
                refused
              </th>
              <th scope="col" class="num wide">
                seen
              </th>
              <th scope="col" class="num wide">
                last seen
              </th>
            </tr>
          </thead>
          <tbody>
            {contracts.map((one) => (
              <tr
                key={one.type}
                data-row
                tabIndex={-1}
                class="row-open"
                onClick={() => go(`/contracts/${one.type}`)}
                onKeyDown={(event) =>
                  event.key === 'Enter' && event.target === event.currentTarget && go(`/contracts/${one.type}`)
                }
              >
                <th scope="row">
                  <a href={`/contracts/${one.type}`}>{one.type}</a>
                  <span class="narrow sub">{firstSentence(one.description)}</span>
                </th>
                <td class="num wide">{one.version}</td>
                <td class="wide">{firstSentence(one.description)}</td>
                <td class="num">
                  {one.perMinute === null
                    ? '–'
                    : `${one.perMinute < 100 ? one.perMinute.toFixed(1) : count(Math.round(one.perMinute))}${thin}/min`}
                </td>
                <td class="num">
                  {one.refusedShare === null ? (
                    <Missing why="none was seen yet" />
                  ) : (
                    <>
                      {percent(one.refusedShare, 2)}
                      <span class="sub"> of {count(one.seen + one.refused)}</span>
                    </>
                  )}
                </td>
                <td class="num wide">{count(one.seen)}</td>
                <td class="num wide">{one.lastSeenMs === null ? '–' : clock(one.lastSeenMs)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  )
}

function firstSentence(text: string): string {
  return /^.*?[.](?=\s|$)/.exec(text)?.[0] ?? text
}
