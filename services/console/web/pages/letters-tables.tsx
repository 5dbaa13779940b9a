import type { LettersPage, LetterSummary } from '../../src/wire/letters.ts'
import { clock, count, middle, percent } from '../format.ts'
import { Commands, Empty, Panel, Spark } from '../parts.tsx'
import { go, withQuery } from '../router.ts'

export function Groups({
  page,
  url,
  group,
  problem
}: {
  readonly page: LettersPage
  readonly url: URL
  readonly group: string | null
  /** Why Kafka cannot be read; null: it can. */
  readonly problem: string | null
}) {
  const max = Math.max(1, ...page.groups.flatMap(({ spark }) => spark))
  return (
    <Panel
      title="Groups: by rule and field"
      aside={
        group === null ? undefined : (
          <a class="button" href={withQuery(url, { group: null, at: null })}>
            show all
          </a>
        )
      }
    >
      {page.groups.length === 0 ? (
        <>
          <Empty>
            {page.events === 0
              ? nothingRead(page, problem)
              : `No dead letters in the ${count(page.events)} events since ${clock(page.sinceMs)}: each held to its contract.`}
          </Empty>
          {page.tryCommand !== null && <Commands list={[{ label: 'Send a bad one', command: page.tryCommand }]} />}
        </>
      ) : (
        <div class="scroll-x" tabIndex={0}>
          <table class="table cards">
            <caption class="sr">Dead letters by reason, contract, field and producer</caption>
            <thead>
              <tr>
                <th scope="col">reason</th>
                <th scope="col">contract</th>
                <th scope="col">field</th>
                <th scope="col">expected</th>
                <th scope="col" class="wide">
                  producer
                </th>
                <th scope="col" class="num">
                  count
                </th>
                <th scope="col" class="num wide">
                  share
                </th>
                <th scope="col" class="num wide">
                  first
                </th>
                <th scope="col" class="num">
                  last
                </th>
                <th scope="col" class="wide">
                  60 min
                </th>
              </tr>
            </thead>
            <tbody>
              {page.groups.slice(0, 50).map((one) => (
                <tr
                  key={one.key}
                  data-row
                  tabIndex={-1}
                  class={one.key === group ? 'row-open chosen' : 'row-open'}
                  onClick={() => go(withQuery(url, { group: one.key, at: null }))}
                  onKeyDown={(event) =>
                    event.key === 'Enter' &&
                    event.target === event.currentTarget &&
                    go(withQuery(url, { group: one.key, at: null }))
                  }
                >
                  <td>
                    <a href={withQuery(url, { group: one.key, at: null })}>{one.reason}</a>
                  </td>
                  <td>
                    {one.type === null ? (
                      '–'
                    ) : (
                      <a href={`/contracts/${one.type}`} onClick={(event) => event.stopPropagation()}>
                        {one.type}
                      </a>
                    )}
                  </td>
                  <td class="mono">{one.pointer === '' ? '(the event)' : one.pointer}</td>
                  <td>{one.rule}</td>
                  <td class="wide">{one.producer ?? '–'}</td>
                  <td class="num">{count(one.count)}</td>
                  <td class="num wide">{percent(page.total === 0 ? null : one.count / page.total)}</td>
                  <td class="num wide">{clock(one.firstMs)}</td>
                  <td class="num">{clock(one.lastMs)}</td>
                  <td class="wide spark-cell">
                    <Spark values={one.spark} max={max} label={`${one.count} letters`} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  )
}

interface ListProps {
  readonly letters: readonly LetterSummary[]
  readonly url: URL
  readonly at: string | null
  readonly title: string
  readonly waiting: number
}

export function List({ letters, url, at, title, waiting }: ListProps) {
  if (letters.length === 0) return null
  return (
    <Panel
      title={title}
      aside={
        <span class="hint">{waiting > 0 ? `${waiting} new, shown within 3 s` : `newest ${count(letters.length)}`}</span>
      }
    >
      <div class="scroll-y tall" tabIndex={0}>
        <table class="table cards">
          <caption class="sr">{title}</caption>
          <thead>
            <tr>
              <th scope="col">when</th>
              <th scope="col">event</th>
              <th scope="col" class="wide">
                reason
              </th>
              <th scope="col">what</th>
              <th scope="col" class="wide">
                where
              </th>
            </tr>
          </thead>
          <tbody>
            {letters.map((letter) => (
              <tr
                key={letter.at}
                data-row
                data-letter={letter.at}
                tabIndex={-1}
                class={letter.at === at ? 'row-open chosen' : 'row-open'}
                onClick={() => go(withQuery(url, { at: letter.at }))}
                onKeyDown={(event) =>
                  event.key === 'Enter' && event.target === event.currentTarget && go(withQuery(url, { at: letter.at }))
                }
              >
                <td class="mono-num">{clock(letter.atMs)}</td>
                <td class="mono" title={letter.eventId ?? ''}>
                  <a href={withQuery(url, { at: letter.at })}>
                    {letter.eventId === null ? '(no id)' : middle(letter.eventId, 28)}
                  </a>
                </td>
                <td class="wide">{letter.reason}</td>
                <td>
                  {letter.pointer !== '' && <span class="mono">{letter.pointer}</span>} expected {letter.rule}
                </td>
                <td class="wide mono">{letter.at}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  )
}

export function Repeats({ page, problem }: { readonly page: LettersPage; readonly problem: string | null }) {
  return (
    <Panel title="Repeats by clients" aside={<span class="hint">no errors: the first one counts</span>}>
      {page.repeatsList.length === 0 ? (
        <Empty>
          {page.events === 0
            ? nothingRead(page, problem)
            : `No event came twice among the ${count(page.events)} since ${clock(page.sinceMs)}. A client that was not sure of its answer sends again with the same id; the platform keeps the first.`}
        </Empty>
      ) : (
        <table class="table">
          <caption class="sr">Repeats</caption>
          <thead>
            <tr>
              <th scope="col">when</th>
              <th scope="col">noted at</th>
              <th scope="col">came from</th>
            </tr>
          </thead>
          <tbody>
            {page.repeatsList.map((one) => (
              <tr key={one.at}>
                <td>{clock(one.atMs)}</td>
                <td class="mono">
                  <a href={`/trace?q=${encodeURIComponent(one.at)}`}>{one.at}</a>
                </td>
                <td class="mono">{one.origin ?? '–'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  )
}

function nothingRead({ sinceMs }: LettersPage, problem: string | null): string {
  const looked = `Looked at since ${clock(sinceMs)}: events.enriched and events.dlq.`
  return problem === null
    ? `${looked} Nothing has come by; the producers send when they run.`
    : `${looked} Neither can be read: ${problem}. It is tried again by itself.`
}
