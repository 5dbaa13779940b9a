import { checkPlace, knowsVersion, type Contract, type Contracts } from '@sluice/contracts'
import { header, type CloudEvent, type RejectReason } from '@sluice/events'
import type { SinkRecord } from '@sluice/kafka'
import type { Operation, Views } from '@sluice/store'
import { createProjectViews } from './project-views.ts'

export interface ProjectDeps {
  readonly contracts: Contracts
  readonly views: Views
}

/** What one record of the enriched topic changes in the store. */
export type Projection =
  | {
      readonly kind: 'changes'
      readonly type: string
      readonly origin: bigint
      /** When the collector accepted the event, ms since the epoch; null: not said. */
      readonly receivedAtMs: number | null
      readonly operations: readonly Operation[]
    }
  /** Nothing: the enricher did not write this record. */
  | { readonly kind: 'passed'; readonly type: string; readonly reason: RejectReason; readonly message: string }
  /** Not to be judged here: the record follows a contract that is newer than ours. */
  | { readonly kind: 'newer'; readonly message: string }

type Project = (record: SinkRecord) => Projection

/** Folds events into the views that `realtime.yaml` declares. Pure: the same record gives the same operations. */
export function createProject({ contracts, views }: ProjectDeps): Project {
  const { partitions } = contracts.topics.enriched
  const projectViews = createProjectViews(views)

  return function projectEvent(record) {
    const type = record.headers[header.eventType]?.toString() ?? 'unknown'
    try {
      return project(record, type)
    } catch (error) {
      return passed(type, 'bug', String(error))
    }
  }

  function project(record: SinkRecord, type: string): Projection {
    const contract = contracts.byType(type)
    if (contract === undefined) return passed(type, 'unknown_type', `${type} has no contract here`)
    const version = record.headers[header.contractVersion]?.toString() ?? ''
    if (!knowsVersion(contract, version)) return otherVersion(contract, version)
    const { origin } = record
    if (origin === null)
      return passed(type, 'headers', `${header.originOffset} is no offset that the raw topic has reached`)
    const event = parseEvent(record.value)
    if (event === null || event.type !== type) return passed(type, 'parse', `the value is no event of ${type}`)
    const place = checkPlace(contract, event, record, partitions)
    if (!place.ok) return passed(type, place.problem.reason, place.problem.message)
    const receivedAtMs = event.receivedtime === undefined ? null : Date.parse(event.receivedtime)
    const operations = projectViews(event, record)
    return { kind: 'changes', type, origin, receivedAtMs, operations }
  }
}

function passed(type: string, reason: RejectReason, message: string): Projection {
  return { kind: 'passed', type, reason, message }
}

function otherVersion({ type, name, version: known, major, minor }: Contract, found: string): Projection {
  const [foundMajor, foundMinor] = found.split('.').map(Number)
  if (foundMajor === major && foundMinor !== undefined && foundMinor > minor) {
    return { kind: 'newer', message: `it holds ${name} ${found}, this loader knows ${known}: upgrade the loader first` }
  }
  return passed(type, 'unknown_version', `${header.contractVersion} is no version of ${name} up to ${known}`)
}

function parseEvent(value: Buffer | null): CloudEvent | null {
  try {
    const parsed: unknown = JSON.parse(value?.toString() ?? '')
    return typeof parsed === 'object' && parsed !== null ? (parsed as CloudEvent) : null
  } catch {
    return null
  }
}
