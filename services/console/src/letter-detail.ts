import { isUtf8 } from 'node:buffer'
import type { Contracts } from '@sluice/contracts'
import type { KafkaRecord } from '@sluice/events'
import { locateValue } from './locate-value.ts'
import { ruleOf, summarize } from './dead-letters.ts'
import { resendCommands } from './shell-commands.ts'
import type { Finding, LetterDetail, LetterSummary } from './wire/letters.ts'

const maxShownBytes = 262_144
const contextBytes = 16

/** One dead letter with its original bytes, the place of what is wrong with it, and the rule that it broke. */
export function describeLetter(record: KafkaRecord, contracts: Contracts, lake: string | null): LetterDetail {
  const letter = summarize(record)
  const value = record.value ?? Buffer.alloc(0)
  const isText = value.length > 0 && isUtf8(value) && value.length <= maxShownBytes
  const text = isText ? value.toString('utf8') : null
  const finding = findingOf(value, text, letter.reason, letter.pointer, letter.message)
  const contract = letter.type === null ? undefined : contracts.byType(letter.type)
  const excerpt = contract === undefined ? null : schemaExcerpt(contract.schema, letter.pointer)
  return {
    letter,
    text,
    hex:
      value.length > 0 && (text === null || finding.kind === 'not json')
        ? hexLines(value, text === null ? 0 : Buffer.byteLength(text.slice(0, finding.from)))
        : null,
    bytes: value.length,
    finding,
    headers: Object.entries(record.headers).map(([name, bytes]) => [
      name,
      isUtf8(bytes) ? bytes.toString('utf8') : `0x${bytes.toString('hex')}`
    ]),
    key:
      record.key === null ? null : isUtf8(record.key) ? record.key.toString('utf8') : `0x${record.key.toString('hex')}`,
    rule: excerpt,
    ruleKeyword: keywordOf(letter.message),
    contractFile: contract === undefined ? null : `schemas/${contract.type}.json`,
    advice: advice[letter.reason] ?? 'docs/dead-letters.md says what this reason means.',
    replay: replayOf(letter),
    lake,
    commands: commandsOf(letter)
  }
}

function findingOf(value: Buffer, text: string | null, reason: string, pointer: string, message: string): Finding {
  if (value.length === 0) return { kind: 'whole', from: 0, to: 0, note: `It holds no bytes. ${message}` }
  if (text === null && !isUtf8(value))
    return { kind: 'not utf-8', from: firstBadByte(value), to: firstBadByte(value) + 1, note: 'this byte is not UTF-8' }
  if (text === null) return { kind: 'whole', from: 0, to: 0, note: `${value.length} bytes, too large to be shown` }
  const broken = jsonBreaksAt(text)
  if (broken !== null)
    return {
      kind: 'not json',
      from: broken,
      to: broken + 1,
      note: broken >= text.length ? 'the text ends here' : 'no JSON from here on'
    }
  const expected = ruleOf(message)
  const located = locateValue(text, pointer)
  if (located === null || (pointer === '' && reason !== 'contract'))
    return { kind: 'whole', from: 0, to: 0, note: expected }
  if (located.kind === 'missing')
    return { kind: 'missing', ...located.extent, note: `missing: "${pointer.split('/').at(-1)}", expected ${expected}` }
  const found = text.slice(located.extent.from, located.extent.to)
  return {
    kind: 'value',
    ...located.extent,
    note: `found ${found.length > 40 ? `${found.slice(0, 40)}…` : found}, expected ${expected}`
  }
}

/** Where the text stops being JSON; null: it is JSON. */
function jsonBreaksAt(text: string): number | null {
  try {
    JSON.parse(text)
    return null
  } catch (error) {
    const position = /at position (\d+)/.exec((error as Error).message)?.[1]
    return position === undefined ? text.length : Number(position)
  }
}

function firstBadByte(value: Buffer): number {
  let low = 0
  let high = value.length
  // The longest prefix that is text, give or take a character that is cut in two.
  while (low < high) {
    const middle = (low + high + 1) >> 1
    const cut = [0, 1, 2, 3].some(
      (back) =>
        middle - back >= 0 &&
        isUtf8(value.subarray(0, middle - back)) &&
        new TextDecoder('utf-8', { fatal: false }).decode(value.subarray(middle - back, middle)).length <= 1
    )
    if (cut) low = middle
    else high = middle - 1
  }
  for (let at = Math.max(0, low - 3); at < value.length; at++)
    if (!isUtf8(value.subarray(0, at + 1)) && !couldGoOn(value, at)) return at
  return Math.max(0, value.length - 1)
}

/** Whether the bytes up to here could be the beginning of a longer character. */
function couldGoOn(value: Buffer, at: number): boolean {
  return [1, 2, 3].some((more) => at + 1 + more <= value.length && isUtf8(value.subarray(0, at + 1 + more)))
}

function hexLines(value: Buffer, at: number): string[] {
  const from = Math.max(0, (at & ~15) - contextBytes)
  const lines: string[] = []
  for (let line = from; line < Math.min(value.length, from + 4 * 16); line += 16) {
    const bytes = value.subarray(line, line + 16)
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
    const plain = [...bytes].map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('')
    lines.push(`${line.toString(16).padStart(8, '0')}  ${hex.padEnd(47)}  ${plain}`)
  }
  return lines
}

/** The part of the schema that speaks of the pointer, as it is in the file. */
function schemaExcerpt(schema: object, pointer: string): string | null {
  const tokens = pointer.split('/').slice(1)
  if (tokens[0] !== 'data') return null
  let node = schema as Record<string, unknown> | undefined
  for (const token of tokens.slice(1)) {
    const properties = node?.['properties'] as Record<string, Record<string, unknown>> | undefined
    const items = node?.['items'] as Record<string, unknown> | undefined
    const next = properties?.[token] ?? (items !== undefined && /^\d+$/.test(token) ? items : undefined)
    if (next === undefined) return node === undefined ? null : JSON.stringify({ required: node['required'] }, null, 2)
    node = next
  }
  const { $schema: _, $id: __, examples: ___, 'x-contract': ____, ...rest } = node ?? {}
  return JSON.stringify({ [tokens.at(-1) ?? 'data']: rest }, null, 2)
}

function keywordOf(message: string): string | null {
  if (message.includes('<=')) return 'maximum'
  if (message.includes('>=')) return 'minimum'
  if (message.includes('matches')) return 'pattern'
  if (message.includes('the format')) return 'format'
  if (message.includes('at most') && message.includes('characters')) return 'maxLength'
  if (message.includes('at least') && message.includes('characters')) return 'minLength'
  if (message.includes('found another type')) return 'type'
  return message.includes('expected a value') ? 'required' : null
}

function commandsOf({ at, reason, producer }: LetterSummary): LetterDetail['commands'] {
  const trace = { label: 'Trace', command: `npm run sluice -- trace ${at}` }
  if (!mendedBySender.has(reason)) return [trace]
  // A source is a URI; the id of an API key is a plain word.
  return [trace, ...resendCommands(at, producer !== null && /^[\w-]+$/.test(producer) ? producer : 'demo')]
}

/** Reasons whose event its sender can mend and send again. */
const mendedBySender = new Set([
  'parse',
  'envelope',
  'key',
  'unknown_type',
  'unknown_version',
  'contract',
  'clock_skew'
])
/** Reasons for which the same bytes may be right another day. */
const mendedByUs = new Set(['unknown_type', 'unknown_version', 'contract', 'too_large_after_enrichment', 'bug'])

function replayOf({ reason, origin }: LetterSummary): string | null {
  if (!mendedByUs.has(reason)) return null
  return `No command replays a letter yet. Once the cause is mended, its value, key and headers go into the raw topic with the header replay_of: ${origin?.split('@')[1] ?? 'the offset of its raw record'} (docs/dead-letters.md).`
}

/** Whose move it is, as docs/dead-letters.md says. */
const advice: Readonly<Record<string, string>> = {
  null_value: 'Whoever wrote into the topic past the collector has to stop that.',
  parse: 'The sender has to send JSON that survives being read and written again; large numbers as texts.',
  envelope: 'The sender has to send a CloudEvent 1.0.',
  key: 'The sender has to give the event the key that its contract names.',
  unknown_type: 'Deploy the contract of this type, then replay; or the sender is wrong.',
  unknown_version: 'Deploy the newer contract (enricher before collector before producers), then replay.',
  contract:
    'The sender has to send what the contract says, or its owner has to change it in a new version; then replay.',
  clock_skew: 'The clock of the sender is wrong, or the window of the contract is.',
  too_large: 'The sender has to send less.',
  too_large_after_enrichment: 'The owner of the model or of the topic’s limit has to make room.',
  headers: 'Whoever wrote into the topic past the collector has to send fewer or smaller headers.',
  bug: 'Ours to mend; then replay.',
  repeat: 'Nothing to do: the first one counts.',
  gap: 'Retention deleted these records before they were read; what senders still have can be sent again.'
}
