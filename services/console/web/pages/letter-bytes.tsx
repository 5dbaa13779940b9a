import type { LetterDetail } from '../../src/wire/letters.ts'
import { count } from '../format.ts'
import { Copy, Empty } from '../parts.tsx'
import { prettyJson } from '../pretty-json.ts'
import { withQuery } from '../router.ts'

const contextLines = 10

/** The original bytes as they are, with the place of what is wrong; beside that, indented for reading. */
export function Bytes({ detail, url }: { readonly detail: LetterDetail; readonly url: URL }) {
  const { finding, text, hex } = detail
  const canBePretty = text !== null && finding.kind !== 'not json'
  const isPretty = canBePretty && url.searchParams.get('view') === 'pretty'
  return (
    <div class="bytes">
      <div class="bytes-head">
        {canBePretty && (
          <div class="tabs tabs-small">
            <a href={withQuery(url, { view: null })} aria-current={isPretty ? undefined : 'page'}>
              as it came
            </a>
            <a href={withQuery(url, { view: 'pretty' })} aria-current={isPretty ? 'page' : undefined}>
              pretty
            </a>
          </div>
        )}
        {text !== null && <Copy text={text} label="copy bytes" />}
      </div>
      <p class="label bytes-note">
        {isPretty
          ? 'Indented by this page, so not the original bytes; numbers and texts are as they were written.'
          : `${count(detail.bytes)} original bytes, none changed; lines are cut here for reading.`}
      </p>
      {text !== null &&
        (isPretty ? (
          <Pretty text={text} finding={finding} />
        ) : (
          <Source text={text} from={finding.from} to={finding.to} kind={finding.kind} note={finding.note} />
        ))}
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

function Pretty({ text, finding }: { readonly text: string; readonly finding: LetterDetail['finding'] }) {
  return (
    <>
      <pre class="rule" tabIndex={0}>
        {visible(prettyJson(text), /[^\P{Cc}\n]|\p{Cf}/gu)}
      </pre>
      <p class="finding">{finding.note}</p>
    </>
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
function visible(text: string, hidden = /[\p{Cc}\p{Cf}]/gu): string {
  return text.replaceAll(hidden, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
