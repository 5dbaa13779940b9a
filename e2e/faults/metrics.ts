import type { Supervised } from '@sluice/cli'

/** Sum of a metric over its labels; null: the process does not answer. */
export async function readMetric({ planned }: Supervised, name: string, labels = ''): Promise<number | null> {
  const port = planned.environment['ADMIN_PORT']
  if (port === undefined) return null
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`, { signal: AbortSignal.timeout(2_000) })
    const lines = (await answer.text()).split('\n')
    return lines
      .filter((line) => (line.startsWith(`${name}{`) || line.startsWith(`${name} `)) && line.includes(labels))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
  } catch {
    return null
  }
}

/** Records that a service has not read, over all partitions of its topics; null: it does not read all of them yet. */
export async function readLag({ planned }: Supervised, topics = 1): Promise<number | null> {
  const port = planned.environment['ADMIN_PORT']
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`, { signal: AbortSignal.timeout(2_000) })
    const lags = [...(await answer.text()).matchAll(/^sluice_lag_records\{.*\} (\d+)$/gm)].map(([, lag]) => Number(lag))
    return lags.length < 6 * topics ? null : lags.reduce((a, b) => a + b, 0)
  } catch {
    return null
  }
}
