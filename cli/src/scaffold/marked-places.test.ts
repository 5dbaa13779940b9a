import assert from 'node:assert/strict'
import { globSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, it } from 'node:test'
import { mark } from './plan.ts'

const root = join(import.meta.dirname, '../../..')
const marked = new RegExp(`\\b${mark}\\b`)

describe('every place that a scaffold marked', () => {
  for (const file of globSync('schemas/*.json', { cwd: root })) {
    const type = basename(file, '.json')
    it(`is filled in ${type}`, () => assertFilled(file, `schemas/examples/${type}/*.json`))
  }
  for (const name of readdirSync(join(root, 'services'))) {
    it(`is filled in ${name}`, () => assertFilled(`services/${name}/**/*.{ts,md,json}`))
  }
})

function assertFilled(...patterns: string[]): void {
  const files = globSync(patterns, { cwd: root, exclude: (name) => /(^|\/)(node_modules|dist)(\/|$)/.test(name) })
  const left = files.toSorted().flatMap((file) =>
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .flatMap((line, i) => (marked.test(line) ? [`${file}:${i + 1}: ${line.trim()}`] : []))
  )
  assert.equal(left.length, 0, `left to fill:\n${left.join('\n')}`)
}
