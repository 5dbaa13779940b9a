import { isUtf8 } from 'node:buffer'

/** What the collector adds just before `data`; it refuses an event that already has it. */
const added = /"receivedtime":"[^"\\]*","sourceid":"[^"\\]*",(?="data":)/

/** The bytes of a record without what the collector added to the event; every other byte stays. */
export function asSent(value: Buffer): Buffer {
  return isUtf8(value) ? Buffer.from(value.toString('utf8').replace(added, '')) : value
}
