import { RefusedError } from '@sluice/events'
import type { Connection } from './connection.ts'

/**
 * Refuses a server that would break a promise: one that evicts keys would forget a value and keep its position, and one
 * that is a cluster or older than 7.0 cannot run the script. INFO is allowed where CONFIG is not.
 */
export async function checkServer(connection: Connection): Promise<void> {
  const info = parseInfo(await connection.ask((redis) => redis.info()))
  const policy = info.get('maxmemory_policy') ?? 'unknown'
  const mode = info.get('redis_mode') ?? 'standalone'
  const version = info.get('redis_version') ?? '0'
  const problems: string[] = []
  if (policy !== 'noeviction') problems.push(`redis: maxmemory-policy is ${policy}, expected noeviction`)
  if (mode === 'cluster') problems.push('redis: it is a cluster, expected a single primary')
  if (Number.parseInt(version) < 7) problems.push(`redis: version is ${version}, expected 7.0 or newer`)
  if (problems.length > 0) throw new RefusedError(problems)
}

function parseInfo(text: string): Map<string, string> {
  const lines = text.split('\r\n').filter((line) => line.includes(':'))
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]))
}
