import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { readAttributes } from './read-attributes.ts'

/** Section 3.1.3.2 of the HTTP binding, the sender's side. */
function encode(value: string): string {
  return [...Buffer.from(value)]
    .map((byte) =>
      byte > 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x25
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
    )
    .join('')
}

function read(...headers: [name: string, value: string][]) {
  return readAttributes(headers.flat())
}

describe('readAttributes', () => {
  it('reads any text that the binding can carry, and leaves other headers alone', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (subject) => {
        const found = read(['Host', 'x'], ['CE-Subject', encode(subject)], ['ce-id', '1'])
        assert.deepEqual(found, { ok: true, value: Object.assign(Object.create(null), { subject, id: '1' }) })
      })
    )
  })

  it('reads what older senders wrote', () => {
    const quoted = read(['ce-subject', String.raw`"a \"b\" \\ %41"`])
    assert.ok(quoted.ok)
    assert.equal(quoted.value['subject'], String.raw`a "b" \ A`)
    const plain = read(['ce-subject', 'with a space'])
    assert.ok(plain.ok)
    assert.equal(plain.value['subject'], 'with a space')
  })

  it('decodes once', () => {
    const found = read(['ce-subject', '%2541'])
    assert.ok(found.ok)
    assert.equal(found.value['subject'], '%41')
  })

  it('refuses what it would have to guess', () => {
    const cases: [code: string, ...headers: [string, string][]][] = [
      ['envelope', ['ce-subject', '100%']],
      ['envelope', ['ce-subject', '%4']],
      ['envelope', ['ce-subject', 'caf\u00e9']],
      ['invalid_utf8', ['ce-subject', '%ff']],
      ['invalid_utf8', ['ce-subject', '%ed%a0%80']],
      ['duplicate_key', ['ce-id', '1'], ['CE-Id', '1']],
      ['envelope', ['ce-data', '{}']],
      ['envelope', ['ce-datacontenttype', 'application/json']]
    ]
    for (const [code, ...headers] of cases) {
      const found = read(...headers)
      assert.ok(!found.ok, headers.join())
      assert.equal(found.refusal.code, code, headers.join())
    }
  })
})
