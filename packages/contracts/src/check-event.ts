import { ok, reject, type Checked, type CloudEvent } from '@sluice/events'
import { partitionOf } from './partition-of.ts'
import type { Contract, Contracts } from './types.ts'

/**
 * Holds an event whose envelope is fine to its contract: type, version, data, key and time window, in this order.
 * Reasons: `unknown_type`, `unknown_version`, `contract`, `key`, `clock_skew`.
 */
export function checkEvent(contracts: Contracts, event: CloudEvent, receivedAtMs: number): Checked<Contract> {
  const found = checkType(contracts, event)
  if (!found.ok) return found
  const contract = found.value
  const checked = contract.checkData(event.data)
  if (!checked.ok) return checked
  if (contract.keyOf(event.data) === null) {
    return reject('key', `/data${contract.keyPointer}`, 'key: expected 1 to 256 bytes of text, found something else')
  }
  return checkWindow(contract, event.time, receivedAtMs)
}

/** The part of `checkEvent` that needs no `data`: whether the type and the version that the event names are known. */
export function checkType(contracts: Contracts, event: CloudEvent): Checked<Contract> {
  const contract = contracts.byType(event.type)
  if (!contract) return reject('unknown_type', '/type', 'type: expected one with a contract here, found another')
  const { dataschema } = event
  if (dataschema === undefined || dataschema === null || dataschema === contract.dataschema) return ok(contract)
  const prefix = `urn:sluice:${contract.name}:`
  const version = dataschema.startsWith(prefix) ? dataschema.slice(prefix.length) : ''
  if (knowsVersion(contract, version)) return ok(contract)
  return reject(
    'unknown_version',
    '/dataschema',
    `dataschema: expected ${prefix}${contract.major}.0 to ${contract.version}, found another`
  )
}

/** Whether a document of this version (`1.0`) can be read by someone who knows the contract: same major, no newer minor. */
export function knowsVersion(contract: Contract, version: string): boolean {
  const [, major, minor] = /^(\d{1,4})\.(0|[1-9]\d{0,3})$/.exec(version) ?? []
  return Number(major) === contract.major && Number(minor) <= contract.minor
}

/** The Kafka key of an event, whether or not it holds to the contract: without a legal key it is the event's id. */
export function recordKeyOf(contract: Contract, event: CloudEvent): string {
  return contract.keyOf(event.data) ?? event.id
}

/**
 * Says whether a record lies where its event belongs: under the contract's key, in the partition of that key.
 * Anyone may write into a topic, and an event in the wrong place would break the order of its key unseen.
 */
export function checkPlace(
  contract: Contract,
  event: CloudEvent,
  record: { readonly key: Buffer | null; readonly partition: number },
  partitions: number
): Checked<Contract> {
  const key = Buffer.from(recordKeyOf(contract, event))
  if (!record.key?.equals(key)) {
    return reject('key', `/data${contract.keyPointer}`, 'record key: expected the key of the event, found another')
  }
  if (partitionOf(key, partitions) !== record.partition) {
    return reject('key', `/data${contract.keyPointer}`, 'partition: expected the one of the key, found another')
  }
  return ok(contract)
}

function checkWindow(contract: Contract, time: string, receivedAtMs: number): Checked<Contract> {
  const { window } = contract
  const [fromMs, toMs] =
    window.kind === 'absolute'
      ? [window.fromMs, window.toMs]
      : [receivedAtMs - window.pastMs, receivedAtMs + window.futureMs]
  const timeMs = Date.parse(time)
  if (timeMs >= fromMs && timeMs <= toMs) return ok(contract)
  const expected = `${new Date(fromMs).toISOString()} to ${new Date(toMs).toISOString()}`
  return reject(
    'clock_skew',
    '/time',
    `time: expected ${expected}, found one ${timeMs < fromMs ? 'before' : 'after'} it`
  )
}
