import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { evaluateFeatures, goldenTolerance, openModel, type Golden } from '@sluice/inference'
import { cardOf } from './training/card.ts'

const versions = readdirSync(import.meta.dirname).filter((name) => /^\d+$/.test(name))

describe('arrival-delay', () => {
  it('has at least one version', () => assert.ok(versions.length > 0))

  for (const version of versions) {
    const folder = join(import.meta.dirname, version)
    const golden = JSON.parse(readFileSync(join(folder, 'golden.json'), 'utf8')) as Golden

    it(`scores its ${golden.events.length} golden events like LightGBM does, version ${version}`, async () => {
      await using model = await openModel(folder)
      const rows = evaluateFeatures(model.info.features, golden.events)
      const scores = await model.predict(rows, golden.events.length)
      assert.ok(golden.events.length >= 100)
      scores.forEach((score, i) => {
        assert.ok(Math.abs(score - golden.scores[i]!) <= goldenTolerance, `row ${i}: ${score}, ${golden.scores[i]}`)
      })
    })

    it(`gives a flight the same bits alone and in any batch, version ${version}`, async () => {
      await using model = await openModel(folder)
      const width = model.info.features.length
      const count = 2_000
      const events = Array.from({ length: count }, (_, i) => golden.events[(i * 37) % golden.events.length])
      const rows = evaluateFeatures(model.info.features, events)
      const together = await model.predict(rows, count)
      for (const size of [1, 7, 64]) {
        for (let from = 0; from + size <= 500; from += size) {
          const scores = await model.predict(rows.subarray(from * width, (from + size) * width), size)
          assert.deepEqual(scores, together.subarray(from, from + size))
        }
      }
    })

    it(`has golden events that miss what may be missing, version ${version}`, () => {
      const missed = new Set(golden.rows.flatMap((row) => row.flatMap((value, i) => (value === null ? [i] : []))))
      assert.equal(missed.size, 2, 'manufactured and seats')
      for (const code of [0, 2]) assert.ok(golden.rows.some((row) => row[code] === -1))
    })

    it(`has the card that its model.json prints, version ${version}`, async () => {
      await using model = await openModel(folder)
      assert.equal(readFileSync(join(folder, 'card.md'), 'utf8'), cardOf(model.info))
    })
  }
})
