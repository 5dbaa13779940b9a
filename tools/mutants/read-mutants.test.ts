import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { parseMutant, readMutants } from './read-mutants.ts'

const root = join(import.meta.dirname, '../..')

describe('the mutants', () => {
  const mutants = readMutants(join(root, 'e2e/mutants'))

  it('are there', () => assert.ok(mutants.length >= 20))

  for (const { name, path, file, test } of mutants) {
    it(`name a test and files that exist: ${name}`, () => {
      // A test whose name is put together is found by its last words.
      const words = test.split(' ').slice(2).join(' ')
      assert.ok(readFileSync(join(root, file), 'utf8').includes(words), `${file} has no test "${test}"`)
      const patched = [...readFileSync(path, 'utf8').matchAll(/^--- a\/(.+)$/gm)].map(([, one = '']) => one)
      assert.deepEqual(
        patched.filter((one) => !existsSync(join(root, one))),
        []
      )
      assert.ok(patched.length > 0 && patched.every((one) => dirname(one) !== '.'))
    })
  }

  it('say what is missing in a header', () => {
    assert.throws(
      () => parseMutant('a.patch', 'Hazard: one\nFile: a.test.ts\n\ndiff --git a/x b/x'),
      /a.patch: expected a line "Test: …" before the diff, found none/
    )
  })
})
