import type { Box, Source, StateWord } from './wire/live.ts'

export interface JudgePartsDeps {
  readonly now: () => number
  /** Why each part cannot be read; null: it can. */
  readonly problems: Readonly<Record<Source['name'], () => string | null>>
  readonly onChange: (part: string, from: StateWord, to: StateWord, why: string) => void
}

/** A platform that starts from nothing on a slow machine takes most of a minute. */
const graceMs = 60_000

/** Third-party parts are judged by whether the console can read them. */
export function judgeParts({ now, problems, onChange }: JudgePartsDeps) {
  const startedMs = now()
  const known = new Map<string, { isBad: boolean; sinceMs: number; word: StateWord }>()

  function box({ name, problem, sinceMs }: Source, rate: number | null): Box {
    const isStarting = problem !== null && now() - startedMs < graceMs
    const state: StateWord = problem === null ? 'ready' : isStarting ? 'waiting' : 'down'
    const before = known.get(name)!
    if (before.word !== state) {
      if (before.word !== 'unknown') onChange(name, before.word, state, problem ?? '')
      before.word = state
    }
    return {
      name,
      kind: 'part',
      state,
      why: problem ?? '',
      sinceMs,
      rate,
      p50: null,
      p99: null,
      samples: 0,
      step: null,
      ceiling: null,
      rejectedPerMinute: null,
      version: null,
      answeredMs: problem === null ? now() : null
    }
  }

  return {
    sources: (): Source[] =>
      (['kafka', 'redis', 's3'] as const).map((name) => {
        const problem = problems[name]()
        const isBad = problem !== null
        if (known.get(name)?.isBad !== isBad)
          known.set(name, { isBad, sinceMs: now(), word: known.get(name)?.word ?? 'unknown' })
        return { name, problem, sinceMs: known.get(name)!.sinceMs }
      }),
    box
  }
}
