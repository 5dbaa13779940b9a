import type { Supervised } from '@sluice/cli'

/** Sum of a metric over its labels; null: the process does not answer. */
export async function readMetric(one: Supervised, name: string, labels = ''): Promise<number | null> {
  const lines = await readPage(one)
  if (lines === null) return null
  return sum(
    lines.filter((line) => (line.startsWith(`${name}{`) || line.startsWith(`${name} `)) && line.includes(labels))
  )
}

/** Records that a service has not read, over all partitions of its topics; null: it does not read all of them yet. */
export async function readLag(one: Supervised, topics = 1): Promise<number | null> {
  const lags = await lagsOf(one)
  return lags.length < 6 * topics ? null : sum(lags)
}

/** Partitions that a service reads just now, over all its topics; 0: none, or it does not answer. */
export async function countLags(one: Supervised): Promise<number> {
  return (await lagsOf(one)).length
}

async function lagsOf(one: Supervised): Promise<readonly string[]> {
  return (await readPage(one))?.filter((line) => line.startsWith('sluice_lag_records{')) ?? []
}

async function readPage({ planned }: Supervised): Promise<readonly string[] | null> {
  const port = planned.environment['ADMIN_PORT']
  if (port === undefined) return null
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`, { signal: AbortSignal.timeout(2_000) })
    return (await answer.text()).split('\n')
  } catch {
    return null
  }
}

function sum(samples: readonly string[]): number {
  return samples.reduce((total, line) => total + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
}
