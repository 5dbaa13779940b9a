import { checkClientEnvelope, cloudEventsContentType, header, maxEventBytes, type CloudEvent } from '@sluice/events'
import { checkType, partitionOf, recordKeyOf, type Contract, type Contracts } from '@sluice/contracts'
import type { OutgoingRecord } from '@sluice/kafka'
import type { Principal } from './api-keys.ts'
import type { Refusal } from './refusals.ts'

/** What a request holds in the place of an event: a value that JSON can carry, or why there is none. */
export type Candidate =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly id: string | null; readonly refusal: Refusal }

/** Who sends, and when the request was complete. */
export interface Reception {
  readonly principal: Principal
  readonly receivedAtMs: number
  /** Trace context of the request. */
  readonly traceparent?: string
}

export type Judged =
  | { readonly ok: true; readonly event: CloudEvent; readonly contract: Contract; readonly record: OutgoingRecord }
  | { readonly ok: false; readonly id: string | null; readonly type: string; readonly refusal: Refusal }

/** Metrics label of an event whose type is not known: labels must stay few whatever clients send. */
const unknownType = 'unknown'

/**
 * Checks what must hold for an event to be worth carrying, and makes the record for the raw topic. Whether the
 * data keeps its contract is for the enricher: nothing that was sent is lost to a rule that its sender did not know.
 */
export function createJudge({ contracts }: { readonly contracts: Contracts }) {
  const { partitions } = contracts.topics.raw
  const knownTypes = contracts.all.map(({ type }) => type).join(', ')
  const stamp = createStamp()

  return function judge(candidate: Candidate, { principal, receivedAtMs, traceparent }: Reception): Judged {
    if (!candidate.ok) return refuse(candidate.id, unknownType, candidate.refusal)

    const checked = checkClientEnvelope(candidate.value)
    if (!checked.ok) {
      const { pointer, message } = checked.problem
      return refuse(readableId(candidate.value), unknownType, { code: 'envelope', pointer, detail: message })
    }
    const event = checked.value
    const { id, source, type } = event

    const label = contracts.byType(type)?.type ?? unknownType
    if (!principal.sources.has(source)) {
      const detail = `source: expected one that the key ${principal.id} may write, found another one`
      return refuse(id, label, { code: 'forbidden_source', pointer: '/source', detail })
    }
    const checkedType = checkType(contracts, event)
    if (!checkedType.ok) {
      const { reason, pointer, message } = checkedType.problem
      if (reason === 'unknown_version') return refuse(id, label, { code: reason, pointer, detail: message })
      const detail = `type: expected one of ${knownTypes}, found another one`
      return refuse(id, label, { code: 'unknown_type', pointer, detail })
    }
    const contract = checkedType.value

    const { data, ...attributes } = event
    const added = { receivedtime: stamp(receivedAtMs), sourceid: principal.id }
    const value = Buffer.from(JSON.stringify({ ...attributes, ...added, data }))
    const bytes = value.length - (JSON.stringify(added).length - 1) // the two braces less, one comma more
    if (bytes > maxEventBytes) {
      const detail = `event: expected at most ${maxEventBytes} bytes, found ${bytes}`
      return refuse(id, label, { code: 'event_too_large', pointer: '', detail })
    }
    // Without a legal key an event still needs a place; the enricher will dead-letter it.
    const key = Buffer.from(recordKeyOf(contract, event))
    const headers = {
      [header.contentType]: cloudEventsContentType,
      ...(traceparent !== undefined && { [header.traceparent]: traceparent })
    }
    return { ok: true, event, contract, record: { partition: partitionOf(key, partitions), key, value, headers } }
  }
}

function refuse(id: string | null, type: string, refusal: Refusal): Judged {
  return { ok: false, id, type, refusal }
}

/** The id of something that is not an event, for the answer. */
function readableId(value: unknown): string | null {
  const id = typeof value === 'object' && value !== null ? (value as { id?: unknown }).id : undefined
  return typeof id === 'string' && id.length <= 256 ? id : null
}

/** RFC 3339 in UTC with 6 fractional digits, whatever the clock can tell. Many events share a moment: it is kept. */
function createStamp(): (ms: number) => string {
  let stampedMs = Number.NaN
  let text = ''
  return (ms) => {
    if (ms === stampedMs) return text
    stampedMs = ms
    const whole = Math.floor(ms)
    const rest = Math.floor((ms - whole) * 1000)
    text = `${new Date(whole).toISOString().slice(0, -1)}${String(rest).padStart(3, '0')}Z`
    return text
  }
}
