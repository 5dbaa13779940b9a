import assert from 'node:assert/strict'
import type { Supervised } from '@sluice/cli'
import { waitFor } from '@sluice/testkit'
import type { Lab } from './lab.ts'
import { readLag } from './metrics.ts'

/** Starts a service until it is ready, with every gap accepted that it names, each of them once: `topic/partition:first-last`. */
export async function acceptGaps(lab: Lab, one: Supervised): Promise<Set<string>> {
  const { name } = one.planned.service
  const env = lab.env[name] ?? {}
  const accepted = new Set<string>()
  for (let round = 0; round < 6; round += 1) {
    const isTold = async (): Promise<boolean> => one.state === 'refused' || one.state === 'ready'
    await waitFor(`${name} refuses or is ready`, isTold, { timeoutMs: 120_000 })
    if (one.state === 'ready') {
      // Ready, and so it stays: a partition that comes late would have refused by now.
      const hasRead = async (): Promise<boolean> =>
        one.state !== 'ready' || (await readLag(one, name === 'batch-loader' ? 2 : 1)) === 0
      await waitFor(`${name} has caught up`, hasRead, { timeoutMs: 60_000 })
      if (one.state === 'ready') break
      continue
    }
    const named = [
      ...one.note.matchAll(/(\d+) records are lost, from offset (\d+) to (\d+).*?ACCEPT_GAP=(\S+\/\d+:\d+-\d+)/gs)
    ]
    assert.ok(named.length > 0, `names what is lost: ${one.note}`)
    for (const [, count, from, to, gap = ''] of named) {
      assert.ok(!accepted.has(gap), `${gap} was accepted`)
      assert.ok(gap.endsWith(`:${from}-${to}`))
      assert.equal(countOf(gap), Number(count))
      accepted.add(gap)
    }
    env['ACCEPT_GAP'] = [...accepted].join(',')
    await one.start()
  }
  assert.equal(one.state, 'ready')
  assert.ok(accepted.size > 0, `${name} has refused`)
  delete env['ACCEPT_GAP']
  return accepted
}

/** How many offsets `topic/partition:first-last` names. */
export function countOf(gap: string): number {
  const [, from, to] = /:(\d+)-(\d+)$/.exec(gap) ?? []
  return Number(to) - Number(from) + 1
}
