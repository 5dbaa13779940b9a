import { styleText } from 'node:util'
import { repoRoot } from '@sluice/testkit'
import { UsageError, type Command } from '../command.ts'
import { kinds } from '../scaffold/kinds.ts'
import { listFiles, writePlan, type Plan } from '../scaffold/plan.ts'

export const create: Command = {
  name: 'new',
  summary: 'writes what a new event type or a new service begins with',
  operands: [
    { name: 'what', help: 'what to begin', choices: ['event', 'service'] },
    { name: 'name', help: 'its name, such as order.placed.v1 or order-loader' }
  ],
  options: {
    'dry-run': { type: 'boolean', help: 'lists each file and writes nothing' },
    field: {
      type: 'string',
      multiple: true,
      value: 'NAME:TYPE',
      help: 'event: a field; text, integer, number, boolean, time, date, int64; with ? it may be null; bounds as in age:integer:0..130'
    },
    key: {
      type: 'string',
      value: 'FIELD',
      help: 'event: the field whose value keeps events in order',
      default: 'the first text'
    },
    table: { type: 'string', value: 'NAME', help: 'event: its table in the lake', default: 'made of the name' },
    owner: { type: 'string', value: 'NAME', help: 'event: who answers for it', default: 'the first word of the name' },
    personal: {
      type: 'string',
      multiple: true,
      value: 'FIELD=CLASS',
      help: 'event: a field with personal data, such as email=contact'
    },
    kind: {
      type: 'string',
      value: 'KIND',
      help: `service: ${Object.entries(kinds)
        .map(([name, { summary }]) => `${name} (${summary})`)
        .join('; ')}`,
      choices: Object.keys(kinds)
    },
    event: { type: 'string', multiple: true, value: 'TYPE', help: 'service: an event type that it is about' }
  },
  exits: { 2: 'not understood; nothing was written' },
  examples: [
    'new event order.placed.v1 --field order_id:text --field amount:number:0..100000 --dry-run',
    'new event customer.moved.v1 --field account:text --field email:text? --personal email=contact',
    'new service weather-archive --kind sink --event weather.observed.v1 --dry-run'
  ],
  async run(values) {
    const plan = await planOf(values)
    if (values['dry-run'] === true) console.log(show(plan, 'would write'))
    else await writeAfterListing(plan)
    return 0
  }
}

/** Which options belong to what. */
const options: Readonly<Record<'event' | 'service', readonly string[]>> = {
  event: ['field', 'key', 'table', 'owner', 'personal'],
  service: ['kind', 'event']
}

type Values = Parameters<Command['run']>[0]

async function planOf(values: Values): Promise<Plan> {
  const { what } = values
  const name = text(values['name']) ?? ''
  if (what !== 'event' && what !== 'service')
    throw new UsageError(`expected new event NAME or new service NAME; found new ${text(what) ?? 'and nothing more'}`)
  const foreign = Object.keys(values).filter((option) =>
    options[what === 'event' ? 'service' : 'event'].includes(option)
  )
  if (foreign.length > 0)
    throw new UsageError(
      foreign.map(
        (option) =>
          `--${option}: expected only ${options[what].map((name) => `--${name}`).join(', ')} for a new ${what}`
      )
    )
  if (what === 'service') {
    const { planService } = await import('../scaffold/plan-service.ts')
    return planService(repoRoot, { name, kind: text(values['kind']) ?? '', events: list(values['event']) })
  }
  const { planEvent } = await import('../scaffold/plan-event.ts')
  return planEvent(repoRoot, {
    type: name,
    fields: list(values['field']),
    key: text(values['key']),
    table: text(values['table']),
    owner: text(values['owner']),
    personal: list(values['personal'])
  })
}

async function writeAfterListing(plan: Plan): Promise<void> {
  const listed = show(plan, 'written')
  await writePlan(repoRoot, plan)
  console.log(listed)
}

function show(plan: Plan, title: string): string {
  const files = listFiles(repoRoot, plan).map(({ path, does, marks }) => {
    const left = marks === 0 ? '' : `  (${marks} to fill)`
    return `  ${styleText(does === 'create' ? 'green' : 'yellow', does)}  ${path}${left}`
  })
  return [`${title}:`, ...files, '', 'then:', ...plan.next.map((line) => `  ${line}`)].join('\n')
}

function text(value: Values[string]): string | null {
  return typeof value === 'string' ? value : null
}

function list(value: Values[string]): readonly string[] {
  return Array.isArray(value) ? (value as readonly string[]) : []
}
