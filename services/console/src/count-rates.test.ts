import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createRates } from './count-rates.ts'

describe('a rate', () => {
  it('is per second over 10 s, and begins anew when the count went back', () => {
    let now = 0
    const rates = createRates(() => now)
    for (; now <= 20_000; now += 1_000) rates.note('raw', now < 10_000 ? 0 : (now - 10_000) / 20)
    assert.equal(rates.of('raw'), 50)
    rates.note('raw', 3)
    assert.equal(rates.of('raw'), null)
  })

  it('is not known, rather than zero, when nothing was counted lately', () => {
    let now = 0
    const rates = createRates(() => now)
    for (; now < 4_000; now += 1_000) rates.note('raw', 7)
    assert.equal(rates.of('raw'), 0)
    now += 10_000
    rates.note('raw', null)
    assert.equal(rates.of('raw'), null)
  })
})
