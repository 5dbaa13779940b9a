import { knowsVersion, type Contract, type Contracts } from '@sluice/contracts'
import { header, reject, type KafkaRecord, type Problem } from '@sluice/events'
import type { SinkRecord } from '@sluice/kafka'
import type { Line } from './spool.ts'

/**
 * Where a record of the enriched topic goes. `stop`: it was held to a newer version of its contract than is known here,
 * and reading on would drop what that version added.
 */
export type Route =
  | { readonly kind: 'row'; readonly contract: Contract; readonly rawOffset: bigint }
  | { readonly kind: 'dead-letter'; readonly problem: Problem }
  | { readonly kind: 'stop'; readonly reason: string }

/**
 * Routes a record by its headers alone: the enricher has checked the event, and what somebody else wrote into the topic
 * is found when it does not fit into its table.
 */
export function routeRecord(contracts: Contracts, record: SinkRecord): Route {
  if (record.value === null) return deadLetter(reject('null_value', '', 'record: expected an event, found no value'))
  const type = text(record, header.eventType)
  if (type === null) return missing(header.eventType)
  const contract = contracts.byType(type)
  if (contract === undefined) {
    return deadLetter(reject('unknown_type', '/type', 'type: expected one with a contract here, found another'))
  }
  const version = text(record, header.contractVersion)
  if (version === null) return missing(header.contractVersion)
  if (!knowsVersion(contract, version)) return newerVersion(contract, version, record)
  if (record.origin === null) return deadLetter(reject('headers', '', noOrigin))
  return { kind: 'row', contract, rawOffset: record.origin }
}

const noOrigin = `header ${header.originOffset}: expected an offset that the raw topic has reached, found none`

/** The spooled line of a row: the event's own bytes, never parsed here. */
export function rowLine({ partition, offset, value }: KafkaRecord, rawOffset: bigint): Line {
  return { prefix: `{"p":${partition},"o":${offset},"r":${rawOffset},"e":`, bytes: onOneLine(value), suffix: '}\n' }
}

/** JSON has line breaks and a byte order mark only outside of its values. */
function onOneLine(value: Buffer | null): Buffer {
  if (value === null) return Buffer.alloc(0)
  const bytes = value[0] === 0xef && value[1] === 0xbb && value[2] === 0xbf ? value.subarray(3) : value
  if (!bytes.includes(0x0a) && !bytes.includes(0x0d)) return bytes
  return Buffer.from(bytes.map((byte) => (byte === 0x0a || byte === 0x0d ? 0x20 : byte)))
}

function newerVersion(contract: Contract, version: string, { topic, partition, offset }: KafkaRecord): Route {
  const [, major, minor] = /^(\d{1,4})\.(\d{1,4})$/.exec(version) ?? []
  if (Number(major) === contract.major && Number(minor) > contract.minor) {
    const found = `${contract.name} ${version}`
    return {
      kind: 'stop',
      reason: `${topic}/${partition} is stopped at offset ${offset}: ${found} is newer than ${contract.version}, which this loader knows`
    }
  }
  return deadLetter(
    reject('unknown_version', '', `contract_version: expected ${contract.version} or an older minor, found another`)
  )
}

function missing(name: string): Route {
  return deadLetter(reject('headers', '', `header ${name}: expected one that the enricher sets, found none`))
}

function deadLetter({ problem }: { readonly problem: Problem }): Route {
  return { kind: 'dead-letter', problem }
}

/** What the enricher sets is ASCII; anything else is equal to nothing that is looked for. */
function text({ headers }: KafkaRecord, name: string): string | null {
  return headers[name]?.toString('latin1') ?? null
}
