import { hash } from 'node:crypto'

/**
 * Who an event is: 22 characters of base64url, the first 128 bits of the SHA-256 of `sourceid NUL source NUL id` in
 * UTF-8. No attribute of a checked event holds a NUL, so no two identities share a text.
 */
export function identityOf(sourceid: string, source: string, id: string): string {
  return hash('sha256', `${sourceid}\0${source}\0${id}`, 'buffer').toString('base64url', 0, 16)
}
