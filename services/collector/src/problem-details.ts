import { refusals, type Refusal } from './refusals.ts'
import type { Result } from './results.ts'

export const problemContentType = 'application/problem+json'

/** Where each code is explained; the `type` of a problem names its section. */
const codesUri = 'urn:sluice:collector-error:'

/** Problem details (RFC 9457) as JSON, with `code` and, where events could be told apart, `results` as extensions. */
export function problemDetails(
  { code, pointer, detail }: Refusal,
  { status = refusals[code].status, results }: { readonly status?: number; readonly results?: readonly Result[] } = {}
): string {
  const problem = { type: `${codesUri}${code}`, title: refusals[code].title, status, code, detail }
  return JSON.stringify({ ...problem, ...(pointer !== undefined && { pointer }), ...(results && { results }) })
}
