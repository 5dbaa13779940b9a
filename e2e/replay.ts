import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPlatform, type Platform } from '@sluice/cli'
import { waitFor } from '@sluice/testkit'
import { expected, observe, type Expected, type Report } from './ask-oracle.ts'

export interface Period {
  /** UTC date; the period begins at its midnight. */
  readonly from: string
  readonly to: string
  /** Times real time, or `max`. */
  readonly speed: string
}

export interface UnderTest extends AsyncDisposable {
  readonly platform: Platform
  /** What must come of the period. */
  readonly expected: Expected
}

/** Those that replay and land 2013. A service that is added sends what it likes, and is not what these tests count. */
const services = [
  'flight-producer',
  'weather-producer',
  'collector',
  'enrichment-api',
  'enricher',
  'batch-loader',
  'realtime-loader',
  'console'
]

/** Starts the platform in a folder and on ports of its own, replaying a period of 2013. */
export async function replay(period: Period): Promise<UnderTest> {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-e2e-'))
  const producer = { FROM: period.from, TO: period.to, SPEED: period.speed }
  const counts = await expected(`${period.from}T00:00:00Z`, `${period.to}T00:00:00Z`)
  const platform = await startPlatform({
    dataDir: dir,
    ports: 'free',
    services,
    env: { 'flight-producer': producer, 'weather-producer': producer, 'batch-loader': { FLUSH_MS: '2000' } }
  })
  return {
    platform,
    expected: counts,
    async [Symbol.asyncDispose]() {
      await platform.stop()
      rmSync(dir, { recursive: true, force: true })
    }
  }
}

/** Where something must land, and what. */
interface Landing {
  readonly platform: Pick<Platform, 'address' | 'credentials'>
  readonly expected: Expected
}

/** The report once everything has landed, or what is still wrong at the deadline. */
export async function landed({ platform, expected: counts }: Landing, timeoutMs: number): Promise<Report> {
  const events = Object.values(counts).reduce((sum, { events: n }) => sum + n, 0)
  let last: Report | undefined
  const complete = async (): Promise<Report | undefined> => {
    last = await observe(platform)
    return last.problemCount === 0 && last.raw - (last.dlq['repeat'] ?? 0) >= events ? last : undefined
  }
  try {
    return await waitFor('everything has landed', complete, { timeoutMs, intervalMs: 1000 })
  } catch (error) {
    if (last === undefined) throw error
    return last
  }
}

/** Sum of a counter over its labels, from the metrics of a running service. */
export async function counter(platform: Platform, service: string, name: string): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${platform.adminPort(service)}/metrics`)
  const lines = (await answer.text())
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
}
