import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Platform } from '@sluice/cli'
import { pythonTools } from '@sluice/testkit'
import { describePlatform } from '../ask-oracle.ts'

interface Sample {
  /** Fields of Redis that count events. */
  readonly counters: number
  readonly counted: number
  /** Events of the log that Redis has not counted yet. */
  readonly behind: number
  /** Counters that are above the fold of the log, in words. */
  readonly beyond: readonly string[]
}

export interface CounterSamples {
  readonly taken: number
  /** Times at which Redis was dead or still loading. */
  readonly away: number
  /** Samples of a Redis that had not counted everything yet: those in which counting twice would show. */
  readonly behind: number
  /** At the last sample Redis had counted everything. */
  readonly isLevel: boolean
  readonly beyond: readonly string[]
}

export interface CounterSampler extends AsyncDisposable {
  stop(): Promise<CounterSamples>
}

const everyMs = 500

/** Holds the counters in Redis against the log again and again, until it is stopped. */
export async function sampleCounters(platform: Platform): Promise<CounterSampler> {
  const { python } = await pythonTools()
  const script = join(import.meta.dirname, '../oracle/counters.py')
  const child = spawn(python, [script], { stdio: ['pipe', 'pipe', 'inherit'] })
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  child.stdin.on('error', () => undefined)
  child.stdin.write(`${JSON.stringify(describePlatform(platform))}\n`)
  const samples: Sample[] = []
  let away = 0
  const ending = new AbortController()
  const sampling = sample()
  sampling.catch(() => undefined) // stop() tells

  async function sample(): Promise<void> {
    while (!ending.signal.aborted) {
      child.stdin.write('\n')
      const { value, done } = await answers.next()
      if (done === true) throw new Error('the sampler of counters has ended')
      const found = JSON.parse(value) as Sample | { readonly away: string }
      if ('away' in found) away += 1
      else samples.push(found)
      await sleep(everyMs)
    }
  }

  async function stop(): Promise<CounterSamples> {
    ending.abort()
    await sampling.finally(() => child.stdin.end())
    return {
      taken: samples.length,
      away,
      behind: samples.filter(({ behind }) => behind > 0).length,
      isLevel: samples.at(-1)?.behind === 0,
      beyond: samples.flatMap(({ beyond }) => beyond)
    }
  }

  return { stop, [Symbol.asyncDispose]: async () => void (await stop()) }
}
