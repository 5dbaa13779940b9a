import { useEffect, useRef } from 'preact/hooks'
import type { LetterDetail, LetterGroup, LettersPage, LetterSummary } from '../../src/wire.ts'
import { clock, count, duration, middle, percent, plural } from '../format.ts'
import { clearNewLetters, usePolled, type Live } from '../live.ts'
import { Copy, Empty, Failure, Loading, Panel, Spark } from '../parts.tsx'
import { go, withQuery } from '../router.ts'

/** What was refused, by which rule, and where is it? */
export function Letters({ live, url, nowMs }: { readonly live: Live; readonly url: URL; readonly nowMs: number }) {
  const group = url.searchParams.get('group')
  const at = url.searchParams.get('at')
  const tab = url.searchParams.get('tab')
  const { data, error } = usePolled<LettersPage>(
    group === null ? '/api/dead-letters' : `/api/dead-letters?group=${encodeURIComponent(group)}`,
    3_000
  )
  useEffect(clearNewLetters, [data])
  if (data === null)
    return error === null ? (
      <>
        <Loading height={60} />
        <Loading height={420} />
      </>
    ) : (
      <Failure what="the dead letters" error={error} />
    )
  const chosen = data.groups.find(({ key }) => key === group)
  return (
    <>
      <p class="lead" data-testid="letters-lead">
        {leadOf(data, nowMs)}
      </p>
      <div class="tabs">
        <a href={withQuery(url, { tab: null, at: null })} aria-current={tab === null ? 'page' : undefined}>
          Refused <b>{count(data.total)}</b>
        </a>
        <a
          href={withQuery(url, { tab: 'repeats', at: null, group: null })}
          aria-current={tab === 'repeats' ? 'page' : undefined}
        >
          Repeats <b>{count(data.repeats)}</b>
        </a>
      </div>
      {tab === 'repeats' ? (
        <Repeats page={data} />
      ) : (
        <>
          {data.byReason.length > 0 && <Reasons page={data} />}
          <Groups page={data} url={url} group={group} />
          {group !== null && chosen === undefined && (
            <Empty>
              No letters match this address. <a href="/dead-letters">Show all groups</a>
            </Empty>
          )}
          {at !== null && <Letter at={at} page={data} url={url} />}
          <List
            letters={data.letters}
            url={url}
            at={at}
            title={chosen === undefined ? 'Newest letters' : `Letters: ${groupTitle(chosen)}`}
            waiting={live.newLetters.length}
          />
        </>
      )}
    </>
  )
}

function leadOf(page: LettersPage, nowMs: number): string {
  if (page.total === 0) return `No event was refused among the ${count(page.events)} since ${clock(page.sinceMs)}.`
  const [most] = page.groups
  const share = page.eventsLastHour === 0 ? null : page.lastHour / page.eventsLastHour
  const oldest =
    page.oldestInHourMs === null ? '' : ` Oldest of the hour: ${duration(Math.min(page.oldestInHourMs, 3_600_000))}.`
  return `${plural(page.lastHour, 'event')} refused in the last hour (${percent(share, 2)} of ${count(page.eventsLastHour)}), ${count(page.total)} since ${clock(page.sinceMs, { nowMs })}.${most === undefined ? '' : ` Most: ${groupTitle(most)} (${count(most.count)}).`}${oldest}`
}

function groupTitle({ reason, type, pointer, rule }: LetterGroup): string {
  return [
    reason,
    type === null ? '' : `, ${type}`,
    pointer === '' ? '' : ` ${pointer}`,
    rule === '' ? '' : `, expected ${rule}`
  ].join('')
}

function Reasons({ page }: { readonly page: LettersPage }) {
  const max = Math.max(1, ...page.byReason.flatMap(({ spark }) => spark))
  return (
    <Panel
      title="Refused per minute, by reason, the last 60 min"
      aside={<span class="hint">one scale: up to {count(max)} a minute</span>}
    >
      <div class="multiples">
        {page.byReason.map(({ reason, spark }) => (
          <div key={reason} class="multiple">
            <span class="multiple-name">
              {reason} <b>{count(spark.reduce((a, b) => a + b, 0))}</b>
            </span>
            <Spark values={spark} max={max} label={`${reason}: ${spark.reduce((a, b) => a + b, 0)} in 60 minutes`} />
            <span class="multiple-axis">
              <span>−60 min</span>
              <span>now</span>
            </span>
          </div>
        ))}
      </div>
    </Panel>
  )
}

function Groups({
  page,
  url,
  group
}: {
  readonly page: LettersPage
  readonly url: URL
  readonly group: string | null
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
        <Empty>
          No dead letters in the {count(page.events)} events since {clock(page.sinceMs)}. Every event held to its
          contract. Send a bad one: the command on <a href="/contracts">a contract’s page</a> with a field changed.
        </Empty>
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

function List({ letters, url, at, title, waiting }: ListProps) {
  if (letters.length === 0) return null
  return (
    <Panel
      title={title}
      aside={
        <span class="hint">{waiting > 0 ? `${waiting} new, shown within 3 s` : `newest ${count(letters.length)}`}</span>
      }
    >
      <div class="scroll-y tall" tabIndex={0}>
        <table class="table">
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

function Repeats({ page }: { readonly page: LettersPage }) {
  return (
    <Panel title="Repeats by clients" aside={<span class="hint">no errors: the first one counts</span>}>
      {page.repeatsList.length === 0 ? (
        <Empty>
          No event came twice among the {count(page.events)} since {clock(page.sinceMs)}. A client that was not sure of
          its answer sends again with the same id; the platform keeps the first.
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

function Letter({ at, page, url }: { readonly at: string; readonly page: LettersPage; readonly url: URL }) {
  const { data, error } = usePolled<LetterDetail>(`/api/dead-letter?at=${encodeURIComponent(at)}`, 60_000)
  const panel = useRef<HTMLDivElement>(null)
  useEffect(() => panel.current?.scrollIntoView({ block: 'nearest' }), [data === null])
  if (data === null)
    return error === null ? <Loading height={420} /> : <Failure what={`the letter at ${at}`} error={error} />
  const i = page.letters.findIndex((letter) => letter.at === at)
  const step = (by: number): string | null => page.letters[i + by]?.at ?? null
  return (
    <div ref={panel}>
      <Panel
        title={`Dead letter ${data.letter.eventId ?? at}`}
        class="opened"
        aside={
          <>
            {i > 0 && (
              <a class="button" href={withQuery(url, { at: step(-1) })}>
                newer
              </a>
            )}
            {step(1) !== null && (
              <a class="button" href={withQuery(url, { at: step(1) })}>
                older
              </a>
            )}
            <a class="button" href={withQuery(url, { at: null })}>
              close
            </a>
          </>
        }
      >
        <div class="letter">
          <Bytes detail={data} />
          <Explanation detail={data} />
        </div>
      </Panel>
    </div>
  )
}

const contextLines = 10

/** The original bytes as they are, with the place of what is wrong. */
function Bytes({ detail }: { readonly detail: LetterDetail }) {
  const { finding, text, hex } = detail
  return (
    <div class="bytes">
      <div class="bytes-head">
        <span class="label">original bytes, {count(detail.bytes)} B, none changed; lines are cut here for reading</span>
        {text !== null && <Copy text={text} label="copy bytes" />}
      </div>
      {text !== null && (
        <Source text={text} from={finding.from} to={finding.to} kind={finding.kind} note={finding.note} />
      )}
      {hex !== null && (
        <pre class="hex" tabIndex={0}>
          {hex.map((line) => (
            <div key={line}>{line}</div>
          ))}
          {finding.kind === 'not utf-8' && (
            <div class="finding">
              byte {count(finding.from)}: {finding.note}
            </div>
          )}
        </pre>
      )}
      {text === null && hex === null && <Empty>{finding.note}</Empty>}
    </div>
  )
}

interface SourceProps {
  readonly text: string
  readonly from: number
  readonly to: number
  readonly kind: LetterDetail['finding']['kind']
  readonly note: string
}

interface Line {
  readonly number: number
  readonly from: number
  readonly text: string
}

function Source({ text, from, to, kind, note }: SourceProps) {
  const lines = linesOf(text)
  const at = Math.max(
    0,
    lines.findLastIndex((line) => line.from <= from)
  )
  const first = Math.max(0, at - contextLines)
  const shown = kind === 'whole' ? lines.slice(0, 40) : lines.slice(first, at + contextLines + 1)
  const start = shown[0]?.number ?? 1
  const after = lines.length - (start - 1) - shown.length
  return (
    <div class="source" role="group" aria-label="Original bytes">
      {start > 1 && <div class="fold">… {count(start - 1)} lines</div>}
      {shown.map((line) => {
        const isBad = line.number === at + 1 && kind !== 'whole'
        return (
          <div key={line.number} class={isBad ? 'line line-bad' : 'line'}>
            <span class="gutter">{line.number}</span>
            <span class="code">
              {isBad && kind !== 'missing' ? <Marked line={line} from={from} to={to} /> : visible(line.text)}
            </span>
            {isBad && (
              <span class="finding" data-testid="finding">
                {note}
              </span>
            )}
          </div>
        )
      })}
      {after > 0 && <div class="fold">… {count(after)} lines</div>}
    </div>
  )
}

function Marked({ line, from, to }: { readonly line: Line; readonly from: number; readonly to: number }) {
  const a = Math.max(0, from - line.from)
  const b = Math.min(line.text.length, Math.max(a + 1, to - line.from))
  return (
    <>
      {visible(line.text.slice(0, a))}
      <mark>{visible(line.text.slice(a, b)) || '⏎'}</mark>
      {visible(line.text.slice(b))}
    </>
  )
}

/** Lines as the bytes have them; one long line, as machines write, is cut after each comma that ends a member. */
function linesOf(text: string): Line[] {
  const breaks = text.includes('\n') ? /(?<=\n)/ : /(?<=,)(?=")|(?<=[{[])(?=["{[])/
  let from = 0
  return text.split(breaks).map((part, i) => {
    const line = { number: i + 1, from, text: part.replace(/\n$/, '') }
    from += part.length
    return line
  })
}

/** Control and direction-changing characters are shown, not obeyed. */
function visible(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}]/gu, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function Explanation({ detail }: { readonly detail: LetterDetail }) {
  const { letter, finding } = detail
  return (
    <div class="explanation">
      <h3>What is wrong</h3>
      <p>
        {letter.reason}: {finding.kind === 'value' || finding.kind === 'missing' ? finding.note : letter.message}
      </p>
      {detail.rule !== null && (
        <>
          <h3>What was expected</h3>
          <pre class="rule" tabIndex={0}>
            {detail.rule.split('\n').map((line, i) => (
              <div
                key={i}
                class={detail.ruleKeyword !== null && line.includes(`"${detail.ruleKeyword}"`) ? 'rule-hit' : ''}
              >
                {line}
              </div>
            ))}
          </pre>
          {detail.contractFile !== null && (
            <p class="note">
              <a href={`/${detail.contractFile}`} target="_blank">
                {detail.contractFile}
              </a>{' '}
              · <a href={`/contracts/${letter.type}`}>the contract as a page</a>
            </p>
          )}
        </>
      )}
      <h3>Where it is</h3>
      <dl class="facts">
        <Fact name="dead letter" value={letter.at} copy />
        <Fact name="raw record" value={letter.origin ?? '–'} copy={letter.origin !== null} />
        <Fact name="in the lake" value={detail.lake ?? 'not committed yet'} />
        <Fact name="producer" value={letter.producer ?? 'not known'} />
        <Fact name="id" value={letter.eventId ?? 'none that can be read'} copy={letter.eventId !== null} />
        <Fact name="key" value={detail.key ?? 'none'} />
        <Fact name="refused" value={clock(letter.atMs, { millis: true })} />
      </dl>
      <h3>What to do</h3>
      <p>{detail.advice}</p>
      <ul class="commands">
        {detail.commands.map(({ label, command }) => (
          <li key={label}>
            <span class="label">{label}</span>
            <code tabIndex={0}>{command}</code>
            <Copy text={command} />
          </li>
        ))}
      </ul>
      <details>
        <summary>Headers ({detail.headers.length})</summary>
        <table class="table">
          <caption class="sr">Headers of the record</caption>
          <tbody>
            {detail.headers.map(([name, value]) => (
              <tr key={name}>
                <th scope="row" class="mono">
                  {name}
                </th>
                <td class="mono wrap">{value}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </div>
  )
}

function Fact({
  name,
  value,
  copy = false
}: {
  readonly name: string
  readonly value: string
  readonly copy?: boolean
}) {
  return (
    <div>
      <dt>{name}</dt>
      <dd class="mono wrap">
        {value}
        {copy && <Copy text={value} />}
      </dd>
    </div>
  )
}
