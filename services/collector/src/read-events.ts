import { maxEventDepth, parseJsonStrict } from '@sluice/events'
import type { Candidate } from './judge-event.ts'
import type { ContentMode } from './media-type.ts'
import { readAttributes } from './read-attributes.ts'
import { RequestRefused } from './refusals.ts'
import { splitArray } from './split-array.ts'

/** Most events in one request or message. */
export const maxBatchEvents = 1_000

export interface EventRequest {
  readonly mode: ContentMode
  readonly body: Buffer
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[]
}

/**
 * The events of an HTTP request, in order. What is wrong with one event of a batch is its own refusal; RequestRefused
 * is thrown where no event can be told apart.
 */
export function readEvents({ mode, body, rawHeaders }: EventRequest): readonly Candidate[] {
  if (body.length === 0) throw new RequestRefused('empty_body', 'body: expected an event, found nothing')
  if (mode === 'batch') return readBatch(body)
  return [mode === 'structured' ? parseOne(body) : readBinary(body, rawHeaders)]
}

function parseOne(bytes: Buffer): Candidate {
  const parsed = parseJsonStrict(bytes)
  if (parsed.ok) return { ok: true, value: parsed.value }
  if (parsed.code === 'invalid_json') throw new RequestRefused(parsed.code, parsed.message)
  return { ok: false, id: null, refusal: { code: parsed.code, pointer: parsed.pointer, detail: parsed.message } }
}

function readBinary(body: Buffer, rawHeaders: readonly string[]): Candidate {
  const data = parseJsonStrict(body, { maxDepth: maxEventDepth - 1 })
  if (!data.ok && data.code === 'invalid_json') throw new RequestRefused(data.code, data.message)
  const attributes = readAttributes(rawHeaders)
  if (!attributes.ok) return { ok: false, id: null, refusal: attributes.refusal }
  if (!data.ok) {
    const refusal = { code: data.code, pointer: `/data${data.pointer}`, detail: data.message }
    return { ok: false, id: attributes.value['id'] ?? null, refusal }
  }
  return { ok: true, value: { ...attributes.value, datacontenttype: 'application/json', data: data.value } }
}

function readBatch(body: Buffer): readonly Candidate[] {
  const parsed = parseJsonStrict(body, { maxDepth: maxEventDepth + 1 })
  if (parsed.ok) return checkBatch(parsed.value).map((value) => ({ ok: true, value }))
  if (parsed.code === 'invalid_json') throw new RequestRefused(parsed.code, parsed.message)
  // Something is wrong with at least one event, and the others must not suffer for it.
  return checkBatch(splitArray(body, maxBatchEvents)).map(parseOne)
}

function checkBatch<T>(items: readonly T[] | null): readonly T[]
function checkBatch(items: unknown): readonly unknown[]
function checkBatch(items: unknown): readonly unknown[] {
  if (!Array.isArray(items))
    throw new RequestRefused('envelope', 'body: expected a JSON array of events, found another value')
  if (items.length === 0) throw new RequestRefused('empty_batch', 'body: expected at least one event, found none')
  if (items.length > maxBatchEvents) {
    const detail = `body: expected at most ${maxBatchEvents} events, found more`
    throw new RequestRefused('batch_too_large', detail)
  }
  return items
}
