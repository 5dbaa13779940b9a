import { isAlive } from '@sluice/testkit'
import { dataDirOf, dataDirOption } from '../data-dir.ts'
import { readInstance } from '../platform/instance.ts'
import { UsageError, type Command } from '../command.ts'

/** What the console answers at /api/trace; its page shows the same. */
interface Journey {
  readonly eventId: string | null
  readonly type: string | null
  readonly verdict: string
  readonly outcome: string
  readonly searched: readonly string[]
  readonly hops: readonly Hop[]
  readonly model: Model | null
}

interface Hop {
  readonly box: string
  readonly state: string
  readonly what: string
  readonly atMs: number | null
  readonly deltaMs: number | null
  readonly expected: string | null
  readonly note: string | null
  readonly where: readonly { readonly label: string; readonly value: string }[]
}

interface Model {
  readonly name: string
  readonly version: string
  readonly probability: number
  readonly inputs: readonly { readonly name: string; readonly value: string }[]
}

export const trace: Command = {
  name: 'trace',
  summary: 'follows one event through the platform',
  operands: [{ name: 'event', help: 'its id, or topic/partition@offset' }],
  options: {
    console: {
      type: 'string',
      value: 'URL',
      help: 'address of the console',
      default: 'that of the platform which runs here, else http://localhost:3000'
    },
    json: { type: 'boolean', help: 'as JSON' },
    'data-dir': dataDirOption
  },
  exits: { 1: 'not found' },
  examples: ['trace 20130901-UA-1545-EWR-scheduled', 'trace events.raw/3@48011 --json'],
  async run(values) {
    const event = values['event']
    if (typeof event !== 'string') throw new UsageError('which event? Its id, or topic/partition@offset')
    const url = typeof values['console'] === 'string' ? values['console'] : consoleUrl(values['data-dir'])
    const journey = await ask(url, event)
    console.log(values['json'] === true ? JSON.stringify(journey, null, 2) : print(journey))
    return journey.outcome === 'not found' ? 1 : 0
  }
}

function consoleUrl(dataDir: unknown): string {
  const instance = readInstance(dataDirOf(dataDir))
  const port =
    instance !== null && isAlive(instance.launcher)
      ? instance.processes.find(({ service }) => service === 'console')?.ports['3000']
      : undefined
  return `http://localhost:${port ?? 3000}`
}

async function ask(url: string, event: string): Promise<Journey> {
  let answer: Response
  try {
    answer = await fetch(`${url}/api/trace?q=${encodeURIComponent(event)}`, { signal: AbortSignal.timeout(20_000) })
  } catch (error) {
    throw new Error(`the console at ${url} does not answer: does the platform run (npm start)?`, { cause: error })
  }
  const body = (await answer.json()) as Journey & { readonly error?: string }
  if (!answer.ok) throw new Error(`the console at ${url}: ${body.error ?? answer.status}`)
  return body
}

const marks: Readonly<Record<string, string>> = { done: '●', refused: '✕', coming: '○', never: '-', unknown: '?' }

function print({ eventId, type, verdict, hops, model, searched }: Journey): string {
  return [
    ...(eventId === null ? [] : [`${eventId}${type === null ? '' : `  ${type}`}`]),
    verdict,
    ...(hops.length > 0 ? [''] : []),
    ...hops.flatMap(printHop),
    ...(model === null ? [] : ['', ...printModel(model)]),
    '',
    `looked in: ${searched.join(', ')}`
  ].join('\n')
}

function printHop({ box, state, what, atMs, deltaMs, expected, note, where }: Hop): string[] {
  const time = atMs === null ? (expected ?? '') : new Date(atMs).toISOString().slice(11)
  const delta = deltaMs === null ? '' : `${deltaMs < 0 ? '' : '+'}${deltaMs} ms`
  return [
    `${marks[state] ?? '?'} ${time.padEnd(14)} ${delta.padStart(10)}  ${box}: ${what}`,
    ...where.map(({ label, value }) => `${' '.repeat(29)}${label} ${value}`),
    ...(note === null ? [] : [`${' '.repeat(29)}(${note})`])
  ]
}

function printModel({ name, version, probability, inputs }: Model): string[] {
  return [
    `prediction ${(probability * 100).toFixed(1)} % by ${name} version ${version}`,
    ...inputs.map((input) => `  ${input.name.padEnd(26)} ${input.value}`)
  ]
}
