import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, it } from 'node:test'
import { header, gapReason, repeatReason } from './event.ts'
import { rejectReasons } from './outcome.ts'

const document = await readFile(new URL('../../../docs/dead-letters.md', import.meta.url), 'utf8')

describe('docs/dead-letters.md', () => {
  it('explains each reason that a record can carry, and no other', () => {
    const rows = [...document.matchAll(/^\| `(\w+)` \| .+ \| .+ \|$/gm)].map((row) => row[1])
    assert.deepEqual(rows, [...rejectReasons, repeatReason, gapReason])
  })

  it('names only headers that there are', () => {
    const names = [...document.matchAll(/`(dlq_\w+|replay_of)`/g)].map((match) => match[1]!)
    const known: readonly string[] = Object.values(header)
    assert.ok(names.length > 10)
    for (const name of names) assert.ok(known.includes(name), name)
  })
})
