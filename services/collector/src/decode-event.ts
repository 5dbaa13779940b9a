import { isUtf8 } from 'node:buffer'
import { maxEventDepth, parseJsonStrict, pointerTo } from '@sluice/events'
import type { Candidate } from './judge-event.ts'
import { contentModeOf } from './media-type.ts'
import { bytesOf, type Field, MalformedError, readFields, textOf, varintOf } from './protobuf.ts'
import type { Refusal } from './refusals.ts'

/** Field numbers of `io.cloudevents.v1.CloudEvent` and what they are called in JSON. */
const requiredAttributes = new Map([
  [1, 'id'],
  [2, 'source'],
  [3, 'specversion'],
  [4, 'type']
])
const ownFields = new Set([...requiredAttributes.values(), 'data'])
const field = { attributes: 5, binaryData: 6, textData: 7, protoData: 8 } as const

/** An event in the protobuf format of CloudEvents as the same event in the JSON format; its data has to be JSON. */
export function decodeEvent(bytes: Buffer): Candidate {
  const event = Object.create(null) as Record<string, unknown>
  try {
    const data = readAttributesInto(event, readFields(bytes))
    if (data === null) return { ok: true, value: { ...event } }
    return withData(event, data)
  } catch (error) {
    if (error instanceof MalformedError)
      return refuse(event, { code: 'malformed_message', detail: `event: ${error.message}` })
    if (error instanceof AttributeRefused) return refuse(event, error.refusal)
    throw error
  }
}

class AttributeRefused extends Error {
  readonly refusal: Refusal

  constructor(code: Refusal['code'], name: string, detail: string) {
    super(detail)
    this.refusal = { code, pointer: pointerTo('', name), detail: `attribute: ${detail}` }
  }
}

function refuse({ id }: Record<string, unknown>, refusal: Refusal): Candidate {
  return { ok: false, id: typeof id === 'string' ? id : null, refusal }
}

/** Sets the attributes and returns the field that carries data, the last one if there are several: it is a oneof. */
function readAttributesInto(event: Record<string, unknown>, fields: readonly Field[]): Field | null {
  let data: Field | null = null
  for (const one of fields) {
    const name = requiredAttributes.get(one.number)
    if (name !== undefined) event[name] = text(one, name)
    else if (one.number === field.attributes) readAttribute(event, bytesOf(one))
    else if (one.number >= field.binaryData && one.number <= field.protoData) data = one
  }
  return data
}

function text(one: Field, name: string): string {
  if (!isUtf8(bytesOf(one))) throw new AttributeRefused('invalid_utf8', name, 'expected UTF-8, found other bytes')
  return textOf(one)
}

function readAttribute(event: Record<string, unknown>, entry: Buffer): void {
  let name = ''
  let value: Buffer = Buffer.alloc(0)
  for (const one of readFields(entry)) {
    if (one.number === 1) name = textOf(one)
    else if (one.number === 2) value = bytesOf(one)
  }
  if (ownFields.has(name)) {
    throw new AttributeRefused('envelope', name, 'expected in its own field, found among the others')
  }
  if (Object.hasOwn(event, name)) throw new AttributeRefused('duplicate_key', name, 'expected once, found twice')
  event[name] = readValue(name, value)
}

/** The value of `CloudEventAttributeValue` as the JSON format has it. */
function readValue(name: string, bytes: Buffer): unknown {
  const one = readFields(bytes).at(-1)
  switch (one?.number) {
    case 1:
      return varintOf(one) !== 0n
    case 2:
      return Number(BigInt.asIntN(32, varintOf(one)))
    case 3:
    case 5:
    case 6:
      return text(one, name)
    case 4:
      return bytesOf(one).toString('base64')
    case 7:
      return timestamp(name, bytesOf(one))
    default:
      throw new AttributeRefused('envelope', name, 'expected a value of a known kind, found none')
  }
}

const firstSecond = Date.parse('0001-01-01T00:00:00Z') / 1000
const lastSecond = Date.parse('9999-12-31T23:59:59Z') / 1000

/** `google.protobuf.Timestamp` as RFC 3339, exactly: nanoseconds would not survive, so there must be none. */
function timestamp(name: string, bytes: Buffer): string {
  let seconds = 0
  let nanos = 0
  for (const one of readFields(bytes)) {
    if (one.number === 1) seconds = Number(BigInt.asIntN(64, varintOf(one)))
    else if (one.number === 2) nanos = Number(BigInt.asIntN(32, varintOf(one)))
  }
  if (!(seconds >= firstSecond && seconds <= lastSecond && nanos >= 0 && nanos < 1e9)) {
    throw new AttributeRefused('envelope', name, 'expected a timestamp within the years 1 to 9999, found another')
  }
  if (nanos % 1000 !== 0) {
    throw new AttributeRefused('envelope', name, 'expected a timestamp in whole microseconds, found nanoseconds')
  }
  const whole = new Date(seconds * 1000).toISOString().slice(0, 19)
  return nanos === 0 ? `${whole}Z` : `${whole}.${String(nanos / 1000).padStart(6, '0')}Z`
}

function withData(event: Record<string, unknown>, data: Field): Candidate {
  if (data.number === field.protoData) {
    return refuse(event, {
      code: 'unsupported_media_type',
      pointer: '/data',
      detail: 'proto_data: expected JSON in text_data or binary_data, found a protobuf message'
    })
  }
  const { datacontenttype } = event
  if (typeof datacontenttype === 'string' && contentModeOf(datacontenttype) !== 'binary') {
    return refuse(event, {
      code: 'unsupported_media_type',
      pointer: '/datacontenttype',
      detail: 'datacontenttype: expected application/json in UTF-8, found another'
    })
  }
  const parsed = parseJsonStrict(bytesOf(data), { maxDepth: maxEventDepth - 1 })
  if (parsed.ok) return { ok: true, value: { ...event, data: parsed.value } }
  return refuse(event, { code: parsed.code, pointer: `/data${parsed.pointer}`, detail: parsed.message })
}
