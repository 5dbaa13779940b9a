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
