import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { Contracts } from '@sluice/contracts'
import { RefusedError } from '@sluice/events'
import { parseDocument } from 'yaml'
import { checkViews } from './check-views.ts'
import type { BoardView, RecentView, StateView, Views } from './views.ts'
import { viewsSchema, type ViewsFile } from './views-schema.ts'

const fileName = 'realtime.yaml'
const noViews: ViewsFile = { counts: { ttl: 'P1D' } }

/**
 * Loads `realtime.yaml` of a contracts folder; a folder without one has no views but the counts.
 * Throws RefusedError with all problems, also where a view would break the rule of one writer per key.
 */
export async function loadViews(dir: string, contracts: Contracts): Promise<Views> {
  const views = viewsOf(await readViewsFile(join(dir, fileName)))
  const problems = checkViews(views, contracts)
  if (problems.length > 0) throw new RefusedError(problems.map((problem) => `${fileName}: ${problem}`))
  return views
}

async function readViewsFile(path: string): Promise<ViewsFile> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return noViews
    throw new RefusedError([`${fileName}: cannot be read: ${(error as Error).message}`], { cause: error })
  }
  const document = parseDocument(text, { uniqueKeys: true, schema: 'core' })
  if (document.errors.length > 0)
    throw new RefusedError(document.errors.map(({ message }) => `${fileName}: ${message}`))
  const file: unknown = document.toJS({ maxAliasCount: 0 })
  const validate = new Ajv2020({ allErrors: true, strict: true }).compile<ViewsFile>(viewsSchema)
  if (!validate(file)) {
    const errors = validate.errors ?? []
    throw new RefusedError(errors.map(({ instancePath, message }) => `${fileName}#${instancePath}: ${message}`))
  }
  return file
}

function viewsOf({ states = {}, boards = {}, recent = {}, counts }: ViewsFile): Views {
  return {
    states: Object.entries(states).map(([name, { key, ttl, events }]): StateView => ({
      name,
      key,
      ttlMs: durationMs(ttl),
      events: new Map(
        Object.entries(events).map(([type, { set = {}, copy = [], fields = {} }]) => [
          type,
          { set, fields: { ...Object.fromEntries(copy.map((member) => [member, `/data/${member}`])), ...fields } }
        ])
      )
    })),
    boards: Object.entries(boards).map(([name, { ttl, events, ...board }]): BoardView => ({
      name,
      ...board,
      ttlMs: durationMs(ttl),
      events: new Set(events)
    })),
    recent: Object.entries(recent).map(([name, { ttl, events, needs = null, ...view }]): RecentView => ({
      name,
      ...view,
      needs,
      ttlMs: durationMs(ttl),
      events: new Set(events)
    })),
    counts: { ttlMs: durationMs(counts.ttl) }
  }
}

/** Of the form that the schema allows. */
function durationMs(text: string): number {
  const [, days = 0, hours = 0, minutes = 0] = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?$/.exec(text) ?? []
  return ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60_000
}
