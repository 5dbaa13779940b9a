import { isUtf8 } from 'node:buffer'
import { pointerTo } from '@sluice/events'
import type { Refusal } from './refusals.ts'

export type Attributes =
  | { readonly ok: true; readonly value: Readonly<Record<string, string>> }
  | { readonly ok: false; readonly refusal: Refusal }

/**
 * The attributes of an event in binary mode: every `ce-` header, decoded by section 3.1.3.2 of the HTTP binding of
 * CloudEvents 1.0 (quotes first, then one round of percent-decoding, then UTF-8). `content-type` stands for
 * `datacontenttype`. Whether names and values are legal is for checkEnvelope.
 */
export function readAttributes(rawHeaders: readonly string[]): Attributes {
  const value: Record<string, string> = Object.create(null) as Record<string, string>
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const header = rawHeaders[i]?.toLowerCase() ?? ''
    if (!header.startsWith('ce-')) continue
    const name = header.slice(3)
    const refuse = (code: Refusal['code'], detail: string): Attributes => {
      return { ok: false, refusal: { code, pointer: pointerTo('', name), detail: `ce- header: ${detail}` } }
    }
    if (name === 'datacontenttype' || name === 'data') {
      return refuse('envelope', 'expected no such header, found one')
    }
    if (Object.hasOwn(value, name)) return refuse('duplicate_key', 'expected one header, found two')
    const decoded = decode(rawHeaders[i + 1] ?? '')
    if (decoded === null) return refuse('envelope', 'expected ASCII with percent-encoding, found another encoding')
    if (!decoded.isText) return refuse('invalid_utf8', 'expected percent-encoded UTF-8, found other bytes')
    value[name] = decoded.text
  }
  return { ok: true, value }
}

/** Null: not ASCII, or a percent sign that begins no byte. */
function decode(header: string): { readonly isText: boolean; readonly text: string } | null {
  const text = unquote(header)
  if (!isAscii.test(text) || strayPercent.test(text)) return null
  if (!text.includes('%')) return { isText: true, text }
  const latin1 = text.replaceAll(/%[0-9A-Fa-f]{2}/g, (code) => String.fromCharCode(Number.parseInt(code.slice(1), 16)))
  const bytes = Buffer.from(latin1, 'latin1')
  return { isText: isUtf8(bytes), text: bytes.toString() }
}

const isAscii = /^[\t\x20-\x7e]*$/
const strayPercent = /%(?![0-9A-Fa-f]{2})/

function unquote(text: string): string {
  const isQuoted = text.length >= 2 && text.startsWith('"') && text.endsWith('"')
  return isQuoted ? text.slice(1, -1).replaceAll(/\\(.)/g, '$1') : text
}
