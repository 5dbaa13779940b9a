import type { CloudEvent, KafkaRecord } from '@sluice/events'
import { boardKey, countsKey, endField, minuteMs, recentKey, stateKey } from '@sluice/store'
import type { BoardView, FieldPointers, Operation, RecentView, StateView, Views } from '@sluice/store'
import { compilePointer, type Pointer } from './compile-pointer.ts'

/** What an event changes in one view, or null. */
type Step = (event: CloudEvent, record: KafkaRecord) => Operation | null

/** The views as functions, by event type: what each event of that type changes. Types without a view are counted alone. */
export function createProjectViews(views: Views) {
  const counting = count(views.counts.ttlMs)
  const steps = new Map<string, Step[]>()
  const add = (type: string, step: Step) => steps.set(type, [...(steps.get(type) ?? []), step])
  for (const view of views.states) for (const type of view.events.keys()) add(type, mergeInto(view, type))
  for (const view of views.boards) for (const type of view.events) add(type, enterInto(view))
  for (const view of views.recent) for (const type of view.events) add(type, remember(view))

  return function projectViews(event: CloudEvent, record: KafkaRecord): Operation[] {
    const changes = (steps.get(event.type) ?? []).map((step) => step(event, record))
    return [...changes, counting(event, record)].filter((operation) => operation !== null)
  }
}

function mergeInto(view: StateView, type: string): Step {
  const { set: constants = {}, fields = {} } = view.events.get(type) ?? {}
  const readKey = textAt(view.key)
  const readFields = fieldsAt(fields)

  return (event, { timestampMs }) => {
    const key = readKey(event)
    if (key === null) return null
    const { set, remove } = readFields(event)
    const expiresAtMs = timestampMs + view.ttlMs
    return { kind: 'merge', key: stateKey(view, key), expiresAtMs, set: { ...constants, ...set }, remove }
  }
}

function enterInto(view: BoardView): Step {
  const readKey = view.key.map(textAt)
  const [readAt, readEntry] = [textAt(view.at), textAt(view.entry)]

  return (event, { timestampMs }) => {
    const key = readKey.map((read) => read(event)).filter((text) => text !== null)
    const [value, field] = [readAt(event), readEntry(event)]
    if (key.length < readKey.length || value === null || field === null || field === endField) return null
    const day = utcDay(value)
    return { kind: 'entry', key: boardKey(view, key, day), expiresAtMs: timestampMs + view.ttlMs, field, value }
  }
}

function remember(view: RecentView): Step {
  const needed = view.needs === null ? null : compilePointer(view.needs)
  const readFields = fieldsAt(view.fields)

  return (event, { timestampMs, partition }) => {
    if (needed !== null && (needed(event) ?? null) === null) return null
    const [key, expiresAtMs] = [recentKey(view, partition), timestampMs + view.ttlMs]
    return { kind: 'recent', key, expiresAtMs, size: view.size, value: JSON.stringify(readFields(event).set) }
  }
}

/** The end follows from the minute alone: partitions add to the same sum, in any order. */
function count(ttlMs: number): Step {
  return ({ type }, { timestampMs }) => {
    const minuteEndMs = (Math.floor(timestampMs / minuteMs) + 1) * minuteMs
    return { kind: 'count', key: countsKey(timestampMs), expiresAtMs: minuteEndMs + ttlMs, field: type, by: 1 }
  }
}

/** Fields that the event has, and those that it says are null. Members that it does not have are left as they are. */
function fieldsAt(pointers: FieldPointers) {
  const fields = Object.entries(pointers).map(([name, pointer]): [string, Pointer] => [name, compilePointer(pointer)])

  return (event: CloudEvent): { set: Record<string, string>; remove: string[] } => {
    const set: Record<string, string> = {}
    const remove: string[] = []
    for (const [name, read] of fields) {
      const value = read(event)
      if (value === null) remove.push(name)
      else if (value !== undefined) set[name] = typeof value === 'string' ? value : JSON.stringify(value)
    }
    return { set, remove }
  }
}

function textAt(pointer: string): (event: CloudEvent) => string | null {
  const read = compilePointer(pointer)
  return (event) => {
    const value = read(event)
    return typeof value === 'string' && value !== '' ? value : null
  }
}

function utcDay(time: string): string {
  return time.endsWith('Z') ? time.slice(0, 10) : new Date(time).toISOString().slice(0, 10)
}
