import type { Models } from '@sluice/inference'

export interface CheckDeps {
  readonly models: Models
  readonly tick: () => void
  readonly fail: (error: unknown) => void
}

const everyMs = 10_000

/** Scores one row with every model now and then: what ticks when nobody asks, and notices a runtime that is broken. */
export function checkModels({ models, tick, fail }: CheckDeps): Disposable {
  async function check() {
    for (const model of models.all) await model.predict(new Float32Array(model.info.features.length), 1)
    tick()
  }
  const timer = setInterval(() => void check().catch(fail), everyMs)
  return { [Symbol.dispose]: () => clearInterval(timer) }
}
