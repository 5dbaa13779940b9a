import type { CloudEvent } from './event.ts'
import { pointerTo } from './json-pointer.ts'
import { ok, reject, type Checked } from './outcome.ts'
import { isStrictDateTime } from './strict-formats.ts'

/** Longest `id` in bytes of UTF-8. */
export const maxIdBytes = 256

const maxAttributeBytes = 1024

/** What CloudEvents forbids in the text of an attribute: control characters, lone surrogates, noncharacters. */
const forbiddenText = /[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/u

const extensionName = /^[a-z0-9]{1,20}$/

/** The one content type of `data`; parameters other than the charset would promise something that JSON does not know. */
const jsonContentType = /^application\/json(?: *; *charset=(?:utf-8|"utf-8"))?$/i

/** RFC 3986: scheme, authority, path, query, fragment; a colon in the first segment of a path only after a scheme. */
const uriReference =
  /^(?:[A-Za-z][A-Za-z0-9+.-]*:|(?![^/?#]*:))(?:\/\/(?:[\w.~!$&'()*+,;=:@[\]-]|%[0-9A-Fa-f]{2})*(?=[/?#]|$))?(?:[\w.~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*(?:\?(?:[\w.~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?(?:#(?:[\w.~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?$/

const absoluteUri = /^[A-Za-z][A-Za-z0-9+.-]*:./

/**
 * Says whether a parsed value is a CloudEvent 1.0 that the platform carries: the required attributes and `time`,
 * each of its kind; extensions by CloudEvents' naming rule with scalar values; `data` as JSON. An optional attribute
 * that is null counts as absent, as the JSON format of CloudEvents says. Nothing is copied or changed.
 */
export function checkEnvelope(value: unknown): Checked<CloudEvent> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return reject('parse', '', 'event: expected a JSON object, found another value')
  }
  const event = value as Record<string, unknown>
  for (const name of required) {
    if (!Object.hasOwn(event, name) || event[name] === undefined || event[name] === null) {
      return reject('envelope', `/${name}`, `${name}: expected a value, found none`)
    }
  }
  for (const name of Object.keys(event)) {
    const attribute = event[name]
    const expected = attribute === null ? null : (checks.get(name) ?? checkExtension)(attribute, name)
    if (expected) return reject('envelope', pointerTo('', name), `${pointerTo('', name)}: ${expected}`)
    if (attribute === null && !checks.has(name) && !extensionName.test(name)) {
      return reject('envelope', pointerTo('', name), `${pointerTo('', name)}: ${badName}`)
    }
  }
  return ok(value as CloudEvent)
}

/**
 * `checkEnvelope` for what comes from a client, who must not set the attributes that the collector adds: whoever
 * sets `sourceid` speaks for another key.
 */
export function checkClientEnvelope(value: unknown): Checked<CloudEvent> {
  const checked = checkEnvelope(value)
  if (!checked.ok) return checked
  for (const name of ['sourceid', 'receivedtime']) {
    if (Object.hasOwn(checked.value, name)) {
      return reject('envelope', `/${name}`, `${name}: expected none, the collector sets it, found one`)
    }
  }
  return checked
}

const required = ['specversion', 'id', 'source', 'type', 'time'] as const

const badName = 'expected an attribute name of 1 to 20 lower-case letters and digits, found another one'

/** Each returns what it expected and found, or null. `data` is the contract's to judge. */
const checks = new Map<string, (value: unknown) => string | null>([
  ['specversion', (value) => (value === '1.0' ? null : 'expected 1.0, found another version')],
  ['id', (value) => checkText(value, maxIdBytes)],
  ['source', (value) => checkUri(value, uriReference, 'a URI reference')],
  ['type', (value) => checkText(value, maxAttributeBytes)],
  ['time', checkTime],
  ['subject', (value) => checkText(value, maxAttributeBytes)],
  ['datacontenttype', checkContentType],
  ['dataschema', (value) => checkUri(value, absoluteUri, 'an absolute URI')],
  ['receivedtime', checkTime],
  ['sourceid', (value) => checkText(value, maxIdBytes)],
  ['data', () => null],
  ['data_base64', () => 'expected JSON in data, found base64']
])

function checkText(value: unknown, maxBytes: number): string | null {
  if (typeof value !== 'string') return 'expected a string, found another type'
  if (value === '') return 'expected some text, found an empty string'
  // A UTF-16 unit is at most 3 bytes of UTF-8, so most texts need not be measured.
  if (value.length > maxBytes / 3 && Buffer.byteLength(value) > maxBytes) {
    return `expected at most ${maxBytes} bytes, found more`
  }
  return forbiddenText.test(value) ? 'expected printable text, found a control character' : null
}

function checkUri(value: unknown, pattern: RegExp, kind: string): string | null {
  const problem = checkText(value, maxAttributeBytes)
  if (problem) return problem
  const isUri = pattern.test(value as string) && uriReference.test(value as string)
  return isUri ? null : `expected ${kind}, found other text`
}

function checkTime(value: unknown): string | null {
  if (typeof value !== 'string') return 'expected a string, found another type'
  return isStrictDateTime(value)
    ? null
    : 'expected an RFC 3339 time such as 2013-09-01T09:29:00.123456Z with at most 6 fractional digits, found other text'
}

function checkContentType(value: unknown): string | null {
  return typeof value === 'string' && jsonContentType.test(value)
    ? null
    : 'expected application/json, found another content type'
}

/** CloudEvents knows strings, booleans and 32-bit integers as values of extensions. */
function checkExtension(value: unknown, name?: string): string | null {
  if (!extensionName.test(name ?? '')) return badName
  if (typeof value === 'boolean') return null
  if (typeof value === 'number') {
    return Number.isInteger(value) && value >= -(2 ** 31) && value < 2 ** 31
      ? null
      : 'expected a 32-bit integer, found another number'
  }
  if (typeof value !== 'string') return 'expected a string, boolean or integer, found another type'
  return forbiddenText.test(value) ? 'expected printable text, found a control character' : null
}
