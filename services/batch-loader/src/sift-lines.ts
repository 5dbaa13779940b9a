import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Contract } from '@sluice/contracts'
import { checkEnvelope, parseJsonStrict, reject, type Checked, type Problem } from '@sluice/events'
import type { ParquetWriter, RowOrigin, TableSpec } from '@sluice/lake'

/** A row that may not be loaded, and why. */
export interface Unloadable extends RowOrigin {
  readonly problem: Problem
}

export interface Sifted {
  /** File with the lines that can be loaded. */
  readonly clean: string
  readonly unloadable: readonly Unloadable[]
}

export interface SiftDeps {
  readonly writer: ParquetWriter
  readonly newId: () => string
}

const linesPerTurn = 500

/**
 * Finds the lines that keep a file from being loaded: each is held to its contract, and whatever DuckDB still cannot
 * read is found by halving. `rejected` names rows that are known to be wrong.
 */
export async function siftLines(
  { writer, newId }: SiftDeps,
  table: TableSpec,
  contract: Contract,
  inputs: readonly string[],
  dir: string,
  rejected: readonly RowOrigin[],
  signal?: AbortSignal
): Promise<Sifted> {
  const known = new Set(rejected.map(rowKey))
  const good: Line[] = []
  const unloadable: Unloadable[] = []
  for (const input of inputs) {
    for (const [i, line] of linesOf(await readFile(input)).entries()) {
      if (i % linesPerTurn === 0) await nextTurn(undefined, { ...(signal && { signal }) })
      const checked = checkLine(contract, line.event)
      if (!checked.ok) unloadable.push({ ...line.origin, problem: checked.problem })
      else if (known.has(rowKey(line.origin))) unloadable.push({ ...line.origin, problem: misfit })
      else good.push(line)
    }
  }
  const path = join(dir, `${newId()}.ndjson`)
  const unreadable = await halve(good)
  const clean = good.filter((line) => !unreadable.has(line))
  await writeFile(
    path,
    clean.map(({ bytes }) => bytes)
  )
  return {
    clean: path,
    unloadable: [...unloadable, ...[...unreadable].map(({ origin }) => ({ ...origin, problem: misfit }))]
  }

  /** Lines that DuckDB cannot read. */
  async function halve(lines: readonly Line[]): Promise<Set<Line>> {
    if (lines.length === 0) return new Set()
    await writeFile(
      path,
      lines.map(({ bytes }) => bytes)
    )
    if ((await writer.complaint(table, [path], signal)) === null) return new Set()
    if (lines.length === 1) return new Set(lines)
    const middle = lines.length >> 1
    return new Set([...(await halve(lines.slice(0, middle))), ...(await halve(lines.slice(middle)))])
  }
}

const misfit: Problem = reject('bug', '', 'row: expected one that fits into its table, found one that does not').problem

interface Line {
  /** With its line break. */
  readonly bytes: Buffer
  readonly event: Buffer
  readonly origin: RowOrigin
}

function linesOf(file: Buffer): Line[] {
  const lines: Line[] = []
  for (let start = 0; start < file.length;) {
    const end = file.indexOf(0x0a, start) + 1
    const bytes = file.subarray(start, end === 0 ? file.length : end)
    start += bytes.length
    const prefix = bytes.toString('latin1', 0, 120)
    const [head, partition, offset] = /^\{"p":(\d+),"o":(\d+),"r":\d+,"e":/.exec(prefix) ?? []
    if (head === undefined) throw new Error('a spooled line does not begin as one')
    const event = bytes.subarray(head.length, bytes.length - 2)
    lines.push({ bytes, event, origin: { partition: Number(partition), offset: BigInt(offset!) } })
  }
  return lines
}

/** The event as it was before it was enriched, held to its contract. */
function checkLine(contract: Contract, bytes: Buffer): Checked<unknown> {
  const parsed = parseJsonStrict(bytes)
  if (!parsed.ok) return reject('parse', parsed.pointer, `${parsed.code}: ${parsed.message}`)
  const event = checkEnvelope(parsed.value)
  if (!event.ok) return event
  const { type, data } = event.value
  if (type !== contract.type) {
    return reject('contract', '/type', 'type: expected the one that the header event_type names, found another')
  }
  if (typeof data !== 'object' || data === null) return contract.checkData(data)
  const { enrichment: _enrichment, ...own } = data as Record<string, unknown>
  return contract.checkData(own)
}

function rowKey({ partition, offset }: RowOrigin): string {
  return `${partition}/${offset}`
}
