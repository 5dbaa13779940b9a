import { parseArgs, type ParseArgsConfig } from 'node:util'
import { RefusedError } from '@sluice/events'

type Options = NonNullable<ParseArgsConfig['options']>

export interface Command {
  /** `topics`, as typed. */
  readonly name: string
  readonly summary: string
  readonly options: Options
  /** Names under which the words that are no options come in `values`, in their order; without them there must be none. */
  readonly operands?: readonly string[]
  /** One line per option, for the help. */
  readonly help: Readonly<Record<string, string>>
  /** Returns the exit code. */
  run(values: Values): Promise<number>
}

type Values = Readonly<Record<string, string | boolean | readonly string[] | undefined>>

/** Each command is loaded only when it is asked for: a job in a container must not load what the others need. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  start: async () => (await import('./commands/start.ts')).start,
  status: async () => (await import('./commands/status.ts')).status,
  demo: async () => (await import('./commands/demo.ts')).demo,
  query: async () => (await import('./commands/query.ts')).query,
  contracts: async () => (await import('./commands/contracts.ts')).contracts,
  new: async () => (await import('./commands/new.ts')).create,
  secrets: async () => (await import('./commands/secrets.ts')).secrets,
  trace: async () => (await import('./commands/trace.ts')).trace,
  topics: async () => (await import('./commands/topics.ts')).topics,
  bucket: async () => (await import('./commands/bucket.ts')).bucket
}

/** The `sluice` command. Exit codes: 0, 1 failed, 2 not understood, 78 set up in a way that must not run. */
export async function runCommand(args: readonly string[]): Promise<number> {
  const [name = '--help', ...rest] = args
  if (name === '--help' || name === '-h' || name === 'help') return printHelp()
  const load = commands[name]
  if (load === undefined) {
    console.error(`sluice: there is no command ${name}; sluice --help lists them`)
    return 2
  }
  const command = await load()
  try {
    const { values } = parse(command, rest)
    if (values['help'] === true) return printCommandHelp(command)
    return await command.run(values)
  } catch (error) {
    if (error instanceof RefusedError) {
      for (const problem of error.problems) console.error(`sluice ${name}: ${problem}`)
      return 78
    }
    console.error(`sluice ${name}: ${error instanceof Error ? error.message : String(error)}`)
    return error instanceof TypeError && 'code' in error ? 2 : 1
  }
}

function parse(command: Command, args: string[]): { values: Values } {
  const options: Options = { ...command.options, help: { type: 'boolean', short: 'h' } }
  const { operands = [] } = command
  const { values, positionals } = parseArgs({ args, options, strict: true, allowPositionals: operands.length > 0 })
  if (positionals.length > operands.length)
    throw new TypeError(`expected ${operands.join(' and ')}, found one word more: ${positionals[operands.length]}`)
  const words = Object.fromEntries(operands.map((name, i) => [name, positionals[i]]))
  return { values: { ...(values as Values), ...words } }
}

async function printHelp(): Promise<number> {
  console.log('The platform on this machine.\n\n  npm run sluice -- <command> [options]\n')
  for (const load of Object.values(commands)) {
    const { name, summary } = await load()
    console.log(`  ${name.padEnd(9)} ${summary}`)
  }
  console.log('\n  npm run sluice -- <command> --help tells its options.')
  return 0
}

function printCommandHelp({ name, summary, options, help }: Command): number {
  console.log(`sluice ${name}: ${summary}\n`)
  for (const [option, { type }] of Object.entries(options))
    console.log(`  --${`${option}${type === 'string' ? ' <value>' : ''}`.padEnd(24)} ${help[option] ?? ''}`)
  return 0
}
