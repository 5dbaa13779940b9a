import { useEffect, useRef } from 'preact/hooks'
import type { LetterDetail, LettersPage } from '../../src/wire/letters.ts'
import { clock } from '../format.ts'
import { usePolled } from '../use-polled.ts'
import { Commands, Copy, Failure, Loading, Panel } from '../parts.tsx'
import { withQuery } from '../router.ts'
import { Bytes } from './letter-bytes.tsx'

export function Letter({ at, page, url }: { readonly at: string; readonly page: LettersPage; readonly url: URL }) {
  const { data, error } = usePolled<LetterDetail>(`/api/dead-letter?at=${encodeURIComponent(at)}`, 60_000)
  const panel = useRef<HTMLDivElement>(null)
  useEffect(() => panel.current?.scrollIntoView({ block: 'nearest' }), [data === null])
  if (data === null)
    return error === null ? (
      <Loading height={420} />
    ) : (
      <Failure what={`the letter at ${at}`} error={error} height={420} />
    )
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
          <Bytes detail={data} url={url} />
          <Explanation detail={data} />
        </div>
      </Panel>
    </div>
  )
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
      {detail.replay !== null && <p>{detail.replay}</p>}
      <Commands list={detail.commands} />
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
