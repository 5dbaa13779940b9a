import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RepeatWindow } from './repeat-window.ts'

describe('the repeat window', () => {
  it('knows an identity for as many offsets as it is wide, counted from its newest occurrence', () => {
    const window = new RepeatWindow(100)
    window.decide('a', 10n, false)
    assert.equal(window.firstOf('a', 110n, null), 10n)
    assert.equal(window.firstOf('a', 111n, null), null)
    assert.equal(window.firstOf('b', 11n, null), null)
    window.repeat('a', 110n, 10n)
    assert.equal(window.firstOf('a', 210n, null), 10n)
    assert.equal(window.firstOf('a', 211n, null), null)
  })

  it('holds rejected events as well, and lets their replay pass exactly once', () => {
    const window = new RepeatWindow(100)
    window.decide('a', 10n, true)
    assert.equal(window.firstOf('a', 20n, null), 10n)
    assert.equal(window.firstOf('a', 20n, 9n), 10n)
    assert.equal(window.firstOf('a', 20n, 10n), null)
    window.decide('a', 20n, false)
    assert.equal(window.firstOf('a', 30n, 10n), 20n)
    assert.equal(window.firstOf('a', 30n, 20n), 20n)
  })

  it('lets a replay pass although the client has repeated the rejected event', () => {
    const window = new RepeatWindow(100)
    window.decide('a', 10n, true)
    window.repeat('a', 15n, 10n)
    assert.equal(window.firstOf('a', 20n, 10n), null)
    window.repeat('a', 60n, 10n)
    assert.equal(window.firstOf('a', 120n, 10n), 10n, 'the rejection lies before the window')
  })

  it('lets the rejection of a replay be replayed in turn', () => {
    const window = new RepeatWindow(100)
    window.decide('a', 10n, true)
    window.decide('a', 20n, true)
    assert.equal(window.firstOf('a', 30n, 10n), 20n)
    assert.equal(window.firstOf('a', 30n, 20n), null)
  })

  it('forgets what has fallen out', () => {
    const window = new RepeatWindow(100)
    for (let offset = 0n; offset < 1_000n; offset++) window.decide(`id-${offset}`, offset, false)
    assert.equal(window.count, 101)
  })

  it('answers from the log alone: rebuilt at any offset it says the same', () => {
    const size = 50
    const identities = Array.from({ length: 400 }, (_, i) => `id-${(i * 7919) % 61}`)
    const live = new RepeatWindow(size)
    const traces: { identity: string; first: bigint | null }[] = []
    for (const [i, identity] of identities.entries()) {
      const offset = BigInt(i)
      if (i % 20 === 0) {
        const rebuilt = new RepeatWindow(size)
        for (let at = Math.max(0, i - size); at < i; at++) {
          const { identity: id, first } = traces[at]!
          if (first === null) rebuilt.decide(id, BigInt(at), false)
          else rebuilt.repeat(id, BigInt(at), first)
        }
        for (const id of new Set(identities)) {
          assert.equal(rebuilt.firstOf(id, offset, null), live.firstOf(id, offset, null), `${id} at ${offset}`)
        }
      }
      const first = live.firstOf(identity, offset, null)
      if (first === null) live.decide(identity, offset, false)
      else live.repeat(identity, offset, first)
      traces.push({ identity, first })
    }
  })
})
