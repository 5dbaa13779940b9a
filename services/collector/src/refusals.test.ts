import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { grpcStatusOf, refusals } from './refusals.ts'

const page = readFileSync(join(import.meta.dirname, '../../../docs/collector-errors.md'), 'utf8')

describe('docs/collector-errors.md', () => {
  it('explains each code with its status, and no other', () => {
    const rows = page.matchAll(/^\| `(?<code>\w+)` \| (?<status>\d+) \| \S/gm)
    const explained = Array.from(rows, ({ groups }) => `${groups?.['code']} ${groups?.['status']}`)
    const codes = Object.entries(refusals).map(([code, { status }]) => `${code} ${status}`)
    assert.deepEqual(new Set(explained), new Set(codes))
    assert.equal(explained.length, codes.length)
  })

  it('names the gRPC status of each HTTP status', () => {
    const names = ['OK', 'CANCELLED', 'UNKNOWN', 'INVALID_ARGUMENT', 'DEADLINE_EXCEEDED', 'NOT_FOUND', 'ALREADY_EXISTS']
    names.push(
      'PERMISSION_DENIED',
      'RESOURCE_EXHAUSTED',
      'FAILED_PRECONDITION',
      'ABORTED',
      'OUT_OF_RANGE',
      'UNIMPLEMENTED'
    )
    names.push('INTERNAL', 'UNAVAILABLE', 'DATA_LOSS', 'UNAUTHENTICATED')
    for (const status of new Set(Object.values(refusals).map((refusal) => refusal.status))) {
      const [, grpc] = new RegExp(`^\\| [\\d, ]*\\b${status}\\b[\\d, ]* \\| (\\w+) \\|`, 'm').exec(page) ?? []
      if (status === 404) continue // grpc-js answers unknown methods itself
      assert.equal(grpc, names[grpcStatusOf(status)], String(status))
    }
  })
})
