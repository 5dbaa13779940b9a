import { loadTopics } from '@sluice/contracts'
import { followControl, openKafka, readControl, type Kafka } from '@sluice/kafka'
import { silentLog } from './json-log.ts'
import type { Platform } from './start-platform.ts'

export interface ShownClock {
  /** What the simulated clock shows, `2013-09-01 14:05`, in UTC; with `SPEED=max` there is none. */
  now(): string
}

/** The record `clock` of platform.control, as the flight-producer writes it. */
interface ClockRecord {
  readonly simEpoch: string
  readonly wallEpoch: string
  readonly speed: number
}

/** Follows the simulated clock until the signal says stop. */
export function followClock(platform: Platform, signal: AbortSignal): ShownClock {
  let clock: ClockRecord | null = null
  const producer = platform.processes.find(({ planned }) => planned.service.name === 'flight-producer')
  const { SCHEMAS_DIR: schemas, TO: to } = producer?.planned.environment ?? {}
  if (schemas !== undefined) {
    follow(kafkaOf(platform.address('kafka', 19092)), schemas, signal, (record) => (clock = record)).catch(
      () => undefined
    )
  }
  return { now: () => (clock === null ? 'no clock' : showClock(clock, Date.now(), to)) }
}

/** What it shows at this moment; null where there is no clock. */
export async function readClock(brokers: string, schemasDir: string): Promise<string | null> {
  const { control } = await loadTopics(schemasDir)
  const value = (await readControl(kafkaOf(brokers), control)).get('clock')
  return value === undefined ? null : showClock(JSON.parse(value.toString()) as ClockRecord, Date.now(), undefined)
}

async function follow(kafka: Kafka, schemas: string, signal: AbortSignal, onClock: (record: ClockRecord) => void) {
  const { control } = await loadTopics(schemas)
  const onRecord = (key: string, value: Buffer | null): void => {
    if (key === 'clock' && value !== null) onClock(JSON.parse(value.toString()) as ClockRecord)
  }
  await followControl(kafka, control, onRecord, { signal })
}

/** It runs on after the last event; nothing happens then, so it is shown standing still. */
function showClock({ simEpoch, wallEpoch, speed }: ClockRecord, nowMs: number, to: string | undefined): string {
  const simulatedMs = Date.parse(simEpoch) + speed * (nowMs - Date.parse(wallEpoch))
  const endMs = to === undefined ? Infinity : Date.parse(to)
  const shown = new Date(Math.min(simulatedMs, Number.isNaN(endMs) ? Infinity : endMs))
  return `${shown.toISOString().slice(0, 16).replace('T', ' ')} (× ${speed})`
}

function kafkaOf(broker: string): Kafka {
  return openKafka({ brokers: [broker], clientId: 'sluice-cli', tls: null, sasl: null }, { log: silentLog })
}
