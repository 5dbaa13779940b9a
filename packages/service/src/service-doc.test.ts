import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { repositoryRoot } from './version.ts'

const doc = readFileSync(join(repositoryRoot, 'docs/service.md'), 'utf8')
const rules = [...doc.matchAll(/^(\d+)\. (.*)$/gm)].map(([, number, text]) => ({
  number: Number(number),
  text: text ?? ''
}))

describe('docs/service.md', () => {
  it('numbers its rules without a gap', () => {
    assert.deepEqual(
      rules.map(({ number }) => number),
      rules.map((_, i) => i + 1)
    )
    assert.ok(rules.length > 10)
  })

  for (const { number, text } of rules) {
    it(`holds rule ${number} by tests that exist`, () => {
      assert.match(text, /MUST/)
      const [, held = ''] = text.split(' — ')
      const cited = [...held.matchAll(/`([^`]+\.test\.ts)`((?:,? "[^"]+")+)/g)]
      assert.ok(cited.length > 0, 'no test is named')
      for (const [, file = '', titles = ''] of cited) {
        const dir = file.includes('/') ? repositoryRoot : import.meta.dirname
        const tests = readFileSync(join(dir, file), 'utf8')
        for (const [, title = ''] of titles.matchAll(/"([^"]+)"/g))
          assert.ok(tests.includes(title), `"${title}" in ${file}`)
      }
    })
  }
})
