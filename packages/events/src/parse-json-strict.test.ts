import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { parseJsonStrict } from './parse-json-strict.ts'
import { anyNode, isKept, render } from './testdata/json-text.ts'

describe('parseJsonStrict', () => {
  it('gives what JSON.parse gives for ordinary JSON', () => {
    const text = '\t{"a": [1, -0.5, true, false, null, "é\\n\\u00e9😀"],\r\n "b": {}, "": [[]], "0": "data"}\n'
    assert.deepEqual(parse(text), { ok: true, value: JSON.parse(text) })
    for (const scalar of ['null', '"x"', '17', 'true', '[]'])
      assert.deepEqual(parse(scalar), { ok: true, value: JSON.parse(scalar) })
  })

  it('ignores a byte order mark at the start', () => {
    assert.deepEqual(parse('\ufeff{"a":1}'), { ok: true, value: { a: 1 } })
    assert.equal(codeOf('\ufeff\ufeff{}'), 'invalid_json')
    assert.equal(codeOf('\ufeff{"a":{"b":1,"b":1}}'), 'duplicate_key /a/b')
  })

  it('keeps the spelling of numbers out of it, not their value', () => {
    for (const literal of [
      '1.0',
      '1e2',
      '-0',
      '-0.0e5',
      '0.30000000000000004',
      '5e-324',
      '1.7976931348623157e308',
      '1E+22'
    ]) {
      assert.equal(codeOf(`[${literal}]`), 'ok', literal)
    }
    assert.equal(codeOf('[9007199254740991, -9007199254740991, 9007199254740991.0]'), 'ok')
    assert.equal(codeOf(`[0.${'0'.repeat(400)}1e401, 1${'0'.repeat(400)}e-400]`), 'ok')
  })

  const refused: Record<string, string> = {
    '': 'invalid_json',
    ' ': 'invalid_json',
    '{"a":1,}': 'invalid_json',
    '{"a":NaN}': 'invalid_json',
    '[Infinity]': 'invalid_json',
    '[01]': 'invalid_json',
    '"\u0000"': 'invalid_json',
    '{"a":1}{"a":1}': 'invalid_json',
    '{"a":"b\\ud800"}': 'invalid_utf8 /a',
    '["\\udc00\\ud800"]': 'invalid_utf8 /0',
    '["\\ud83d\\ud83d\\ude00"]': 'invalid_utf8 /0',
    '["\\ud83d\\\\ude00"]': 'invalid_utf8 /0',
    '["\\ud83d", "\\ude00"]': 'invalid_utf8 /0',
    '{"\\ud800":1}': 'invalid_utf8 /\\ud800',
    '{"a":[1,{"b":"x\\u0000"}]}': 'nul_character /a/1/b',
    '{"a":1,"b":2,"a":1}': 'duplicate_key /a',
    '{"x":[0,{"a/b~c":1,"\\u0061/b~c":1}]}': 'duplicate_key /x/1/a~1b~0c',
    '{"__proto__":1}': 'forbidden_key /__proto__',
    '{"a":{"__pr\\u006fto__":{}}}': 'forbidden_key /a/__proto__',
    '[{"constructor":{"prototype":1}}]': 'forbidden_key /0/constructor',
    '{"prototype":1}': 'forbidden_key /prototype',
    '{"a":9007199254740992}': 'unsafe_integer /a',
    '{"a":[0,-9007199254740993]}': 'unsafe_integer /a/1',
    '[9223372036854775807]': 'unsafe_integer /0',
    '[9007199254740992.0]': 'unsafe_integer /0',
    '[1e20]': 'unsafe_integer /0',
    '[0.1234567890123456789]': 'unsafe_number /0',
    '[0.10000000000000001]': 'unsafe_number /0',
    '[1.00000000000000000001]': 'unsafe_number /0',
    '[3e-324]': 'unsafe_number /0',
    '[1e400]': 'number_range /0',
    '[-1.8e308]': 'number_range /0',
    '[1e-400]': 'number_range /0'
  }
  for (const [text, code] of Object.entries(refused)) {
    it(`refuses ${JSON.stringify(text)} as ${code}`, () => assert.equal(codeOf(text), code))
  }

  it('refuses bytes that are not UTF-8', () => {
    for (const bytes of [
      [0x22, 0xff, 0x22],
      [0x22, 0xed, 0xa0, 0x80, 0x22],
      [0x22, 0xc0, 0x80, 0x22],
      [0xfe, 0xff],
      [0x22, 0xc3]
    ]) {
      assert.equal(codeOf(Buffer.from(bytes)), 'invalid_utf8')
    }
  })

  it('refuses nesting over 32 levels, or what the caller allows', () => {
    assert.equal(codeOf(nested(32)), 'ok')
    assert.equal(codeOf(nested(34)), `too_deep ${'/0/a'.repeat(16)}`)
    assert.equal(parseJsonStrict(Buffer.from('[[]]'), { maxDepth: 1 }).ok, false)
    assert.equal(parseJsonStrict(Buffer.from(nested(34)), { maxDepth: 34 }).ok, true)
    assert.match(codeOf('['.repeat(200_000) + ']'.repeat(200_000)), /^too_deep /)
  })

  it('never quotes the text in a message', () => {
    for (const text of ['{"a":secret', 'secret', '{"a":"secret', '{"a":"secret","a":1}', '["secret\\ud800"]']) {
      const parsed = parse(text)
      assert.ok(!parsed.ok && !parsed.message.includes('secret'), text)
    }
  })

  it('takes time in proportion to the size, whatever a client sends', () => {
    const keys = Array.from({ length: 50_000 }, (_, i) => `"k${i}":${i}`).join()
    const started = process.cpuUsage().user
    assert.equal(codeOf(`{${keys}}`), 'ok')
    assert.equal(codeOf(`{${keys},"k49999":1}`), 'duplicate_key /k49999')
    assert.equal(codeOf(`["${'\\u00e9'.repeat(80_000)}"]`), 'ok')
    assert.equal(codeOf(`[0.${'1'.repeat(500_000)}]`), 'unsafe_number /0')
    assert.ok(process.cpuUsage().user - started < 2_000_000)
  })

  it('accepts a text exactly if its values survive (property)', () => {
    fc.assert(
      fc.property(anyNode, (node) => {
        const text = render(node)
        assert.equal(parse(text).ok, isKept(node), text)
      }),
      { numRuns: 3000 }
    )
  })

  it('what it accepts survives JSON.stringify and is accepted again (property)', () => {
    fc.assert(
      fc.property(
        anyNode.filter((node) => isKept(node)),
        (node) => {
          const first = parse(render(node))
          assert.ok(first.ok)
          const again = parse(JSON.stringify(first.value))
          assert.ok(again.ok)
          assert.deepEqual(again.value, withoutNegativeZero(first.value))
        }
      ),
      { numRuns: 1000 }
    )
  })

  it('refuses every text that JSON.parse refuses (property)', () => {
    const noise = fc.string({ unit: fc.constantFrom(...Array.from('{}[]",:\\u0d1e-. tru')), maxLength: 12 })
    fc.assert(
      fc.property(noise, (text) => {
        let isJson = true
        try {
          JSON.parse(text)
        } catch {
          isJson = false
        }
        assert.equal(codeOf(text) === 'invalid_json', !isJson)
      }),
      { numRuns: 3000 }
    )
  })
})

function parse(text: string) {
  return parseJsonStrict(Buffer.from(text))
}

function codeOf(text: string | Buffer): string {
  const parsed = parseJsonStrict(Buffer.from(text as string))
  if (parsed.ok) return 'ok'
  return parsed.pointer === '' ? parsed.code : `${parsed.code} ${parsed.pointer}`
}

/** An even number of containers inside one another. */
function nested(depth: number): string {
  return `${'[{"a":'.repeat(depth / 2)}1${'}]'.repeat(depth / 2)}`
}

function withoutNegativeZero(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}
