import { youngestSweptMs } from '@sluice/lake'
import { UsageError } from '../command.ts'

const units: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Milliseconds of `90m`, `24h` or `7d`; what could still be committed is no age to sweep at. */
export function parseAge(text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,6})([mhd])$/.exec(text) ?? []
  const ms = Number(count) * (units[unit] ?? 0)
  if (ms < youngestSweptMs) throw new UsageError(`--older-than: expected 1h or more, as 90m, 24h or 7d, found ${text}`)
  return ms
}
