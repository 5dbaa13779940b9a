import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sayState } from './say-state.ts'
import type { Box, StateWord } from './wire/live.ts'

const nothing = { account: null, readers: [], clock: null, rate: 2, nowMs: 60_000, sources: [] }

function box(name: string, state: StateWord, why = ''): Box {
  return {
    name,
    kind: 'service',
    state,
    why,
    sinceMs: 48_000,
    rate: 0,
    p50: null,
    p99: null,
    samples: 0,
    step: null,
    ceiling: null,
    rejectedPerMinute: null,
    version: null,
    answeredMs: null
  }
}

describe('the first sentence', () => {
  it('names what is bad, the worst first, and says each reason once below', () => {
    const boxes = [
      box('enricher', 'waiting', 'for the model'),
      box('model', 'down', 'no answer'),
      box('loader', 'ready')
    ]
    const { sentence, troubles, worst } = sayState({ ...nothing, boxes })
    assert.equal(sentence, 'model is down, enricher waits. 1 of 3 boxes are ready.')
    assert.deepEqual(troubles, ['model is down: no answer.', 'enricher has waited for 12 s: for the model.'])
    assert.equal(worst, 'down')
  })

  it('counts where many are bad', () => {
    const boxes = [
      ...['a', 'b', 'c'].map((name) => box(name, 'down')),
      box('d', 'waiting'),
      box('e', 'refused', 'SPEED is "x"')
    ]
    assert.equal(
      sayState({ ...nothing, boxes }).sentence,
      '3 boxes are down, e refused to run, d waits. 0 of 5 boxes are ready.'
    )
  })

  it('is calm when all is well', () => {
    const { sentence } = sayState({ ...nothing, boxes: [box('a', 'ready'), box('b', 'idle')] })
    assert.match(sentence, /^All 2 services are ready\. 2 events\/s, /)
  })
})
