import { RefusedError } from '@sluice/events'
import { helpOf, parseCommand, UsageError, type Command } from './command.ts'

/** Each command is loaded only when it is asked for: a job in a container must not load what the others need. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  start: async () => (await import('./commands/start.ts')).start,
  stop: async () => (await import('./commands/stop.ts')).stop,
  restart: async () => (await import('./commands/restart.ts')).restart,
  status: async () => (await import('./commands/status.ts')).status,
  doctor: async () => (await import('./commands/doctor.ts')).doctor,
  env: async () => (await import('./commands/env.ts')).env,
  demo: async () => (await import('./commands/demo.ts')).demo,
  query: async () => (await import('./commands/query.ts')).query,
  sweep: async () => (await import('./commands/sweep.ts')).sweep,
  contracts: async () => (await import('./commands/contracts.ts')).contracts,
  new: async () => (await import('./commands/new.ts')).create,
  trace: async () => (await import('./commands/trace.ts')).trace,
  completion: async () => (await import('./commands/completion.ts')).completion,
  secrets: async () => (await import('./commands/secrets.ts')).secrets,
  topics: async () => (await import('./commands/topics.ts')).topics,
  bucket: async () => (await import('./commands/bucket.ts')).bucket
}

/** All commands, in the order of the help. */
export function loadCommands(): Promise<readonly Command[]> {
  return Promise.all(Object.values(commands).map((load) => load()))
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
    const values = parseCommand(command, rest)
    if (values['help'] !== true) return await command.run(values)
    console.log(helpOf(command))
    return 0
  } catch (error) {
    for (const problem of problemsOf(error)) console.error(`sluice ${name}: ${problem}`)
    if (error instanceof RefusedError) return 78
    if (!(error instanceof UsageError)) return 1
    console.error(`npm run sluice -- ${name} --help tells its options`)
    return 2
  }
}

function problemsOf(error: unknown): readonly string[] {
  if (error instanceof RefusedError || error instanceof UsageError) return error.problems
  return [error instanceof Error ? error.message : String(error)]
}

async function printHelp(): Promise<number> {
  console.log('The platform on this machine.\n\n  npm run sluice -- <command> [options]\n')
  for (const { name, summary } of await loadCommands()) console.log(`  ${name.padEnd(11)} ${summary}`)
  console.log('\n  npm run sluice -- <command> --help tells its options.')
  return 0
}
