import { checkEvent, checkPlace, type Contract, type Contracts } from '@sluice/contracts'
import {
  identityOf,
  isStrictDateTime,
  ok,
  readEvent,
  reject,
  type Checked,
  type CloudEvent,
  type KafkaRecord
} from '@sluice/events'
import type { Verdict } from '@sluice/kafka'

/** An event that holds to its contract, with the bytes that it came in. */
export interface ValidEvent {
  readonly event: CloudEvent
  readonly contract: Contract
  readonly key: Buffer | null
  readonly value: Buffer
}

export interface CheckDeps {
  readonly contracts: Contracts
}

/**
 * Judges a raw record by everything that the collector asks of an event, and by the contract, which the collector
 * leaves to the enricher. Anyone may write into a topic, so nothing is taken on trust.
 */
export function createCheck({ contracts }: CheckDeps) {
  return function check(record: KafkaRecord): Verdict<ValidEvent> {
    const read = readEvent(record.value)
    if (!read.ok) return { identity: null, contract: null, result: read }
    const event = read.value
    const contract = contracts.byType(event.type)
    return {
      identity: event.sourceid ? identityOf(event.sourceid, event.source, event.id) : null,
      contract: contract ? `${contract.name}:${contract.version}` : null,
      result: judge(event, record)
    }
  }

  function judge(event: CloudEvent, record: KafkaRecord): Checked<ValidEvent> {
    const received = checkReceipt(event)
    if (!received.ok) return received
    const held = checkEvent(contracts, event, received.value)
    if (!held.ok) return held
    const placed = checkPlace(held.value, event, record, contracts.topics.raw.partitions)
    if (!placed.ok) return placed
    const { key, value } = record
    return ok({ event, contract: held.value, key, value: value ?? Buffer.alloc(0) })
  }
}

/** The collector's own attributes: who sent the event, and when it was accepted, in milliseconds since the epoch. */
function checkReceipt({ sourceid, receivedtime }: CloudEvent): Checked<number> {
  if (typeof sourceid !== 'string' || sourceid === '') {
    return reject('envelope', '/sourceid', 'sourceid: expected the id of an API key, found none')
  }
  if (typeof receivedtime !== 'string' || !isStrictDateTime(receivedtime)) {
    return reject('envelope', '/receivedtime', 'receivedtime: expected a date-time, found something else')
  }
  return ok(Date.parse(receivedtime))
}
