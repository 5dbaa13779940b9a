import { checkEnvelope } from './check-envelope.ts'
import type { CloudEvent } from './event.ts'
import { reject, type Checked } from './outcome.ts'
import { parseJsonStrict } from './parse-json-strict.ts'

/** Largest event that a client may send, in bytes of JSON. */
export const maxEventBytes = 512 * 1024

/** Largest event in a topic: what a client may send, and room for the attributes that the collector adds. */
export const maxCarriedBytes = maxEventBytes + 1024

/** The value of a record as an event, or why it is none: `null_value`, `too_large`, `parse` or `envelope`. */
export function readEvent(value: Buffer | null): Checked<CloudEvent> {
  if (value === null) return reject('null_value', '', 'record: expected an event, found no value')
  if (value.length > maxCarriedBytes) {
    return reject('too_large', '', `event: expected at most ${maxCarriedBytes} bytes, found ${value.length}`)
  }
  const parsed = parseJsonStrict(value)
  if (!parsed.ok) return reject('parse', parsed.pointer, `${parsed.code}: ${parsed.message}`)
  return checkEnvelope(parsed.value)
}
