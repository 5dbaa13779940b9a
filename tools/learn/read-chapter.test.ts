import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { differs } from './compare.ts'
import { readChapter } from './read-chapter.ts'
import { page, sh } from './toy-page.ts'

describe('what is seen', () => {
  it('may hold anything within a line for …, and any lines for a line of it', () => {
    assert.equal(differs('a 12 b\n\nc\nd\n', 'a … b\n…\nd'), null)
    assert.equal(differs('a\nd', 'a\n…\nd'), null)
    assert.equal(differs('(x) [y]', '(x) [y]'), null)
    assert.match(differs('a\nb', 'a … b') ?? '', /line 1: a … b/)
    assert.match(differs('a\nb', 'a') ?? '', /expected no more lines\nfound line 2: b/)
    assert.match(differs('a', 'a\nb') ?? '', /expected line 2: b\nfound no more lines/)
    assert.match(differs('axb', 'a.b') ?? '', /a\.b/)
    assert.match(differs('1\r2', '12') ?? '', /found line 1: 1\\r2$/)
  })
})

describe('the form of a chapter', () => {
  it('is held: every block can be run, and every part is there', () => {
    const read = (third: string) => () => readChapter('09-toy.md', page(third))
    assert.throws(read('```python\nprint()\n```'), /09-toy\.md:33: expected sh, diff, file=<path>.*found python/)
    assert.throws(read('```text\nnobody prints this\n```'), /found text/)
    assert.throws(read('Here:\n\n```ts file=a.ts\n1\n```'), /has to name it for the reader: `a\.ts`/)
    assert.throws(read(sh('true', 'sh later')), /expected again or exit=<code> behind sh, found later/)
    assert.throws(read(sh('true', 'sh again')), /until when/)
    assert.throws(read('nothing'), /something to do in each step/)
    assert.throws(read(`- this:\n\n  ${sh('true').replaceAll('\n', '\n  ')}\n\n${sh('true')}`), /:35: expected a fence/)
    assert.throws(read(`~~~sh\ntrue\n~~~\n\n${sh('true')}`), /:33: expected a fence/)
    const withoutStart = page(sh('true')).replace('## Start\n\n```sh\ntrue\n```', '## Start')
    assert.throws(() => readChapter('09-toy.md', withoutStart), /a section `## Start` with a block/)
    assert.throws(
      () => readChapter('09-toy.md', '# A toy\n'),
      /# 01 .*Promise.*Time.*Start.*five to nine steps.*Break it/s
    )
  })

  it('names the versions of Python libraries that are tested', () => {
    const text = readFileSync(join(import.meta.dirname, '../../docs/learn/README.md'), 'utf8')
    const pinned = readFileSync(join(import.meta.dirname, '../../packages/testkit/requirements.txt'), 'utf8').split(
      '\n'
    )
    const named = text.match(/[a-z-]+==[\d.]*\d/g) ?? []
    assert.ok(named.length > 0)
    assert.deepEqual(
      named.filter((requirement) => !pinned.includes(requirement)),
      []
    )
  })

  it('is what docs/learn/README.md lists: title, promise, minutes', () => {
    const dir = join(import.meta.dirname, '../../docs/learn')
    const index = readFileSync(join(dir, 'README.md'), 'utf8')
    const listed = [...index.matchAll(/^\| \[(\d\d) (.+?)\]\((.+?)\) \| (.+?) \| (\d+) \|$/gm)]
    const files = globSync('[0-9]*.md', { cwd: dir }).toSorted()
    assert.deepEqual(
      listed.map(([, , , file]) => file),
      files
    )
    for (const [, number, title, file = '', promise, minutes] of listed) {
      const chapter = readChapter(file, readFileSync(join(dir, file), 'utf8'))
      assert.deepEqual(
        { number, title, promise, minutes: Number(minutes) },
        { number: chapter.number, title: chapter.title, promise: chapter.promise, minutes: chapter.minutes }
      )
    }
  })
})
