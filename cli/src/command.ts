import { parseArgs } from 'node:util'

/** One option, told once: what parses it, completes it and explains it is made of this. */
export interface Option {
  readonly type: 'boolean' | 'string'
  /** May be given several times; its value is a list then. */
  readonly multiple?: boolean
  /** What stands for its value in the help: `DIR`. */
  readonly value?: string
  readonly help: string
  /** What holds if it is not given, in words. */
  readonly default?: string
  /** The values that it may have. */
  readonly choices?: readonly string[]
  readonly completes?: Completes
}

/** A word that is no option. */
export interface Operand {
  readonly name: string
  readonly help: string
  readonly choices?: readonly string[]
  readonly completes?: Completes
}

/** What a shell may offer where anything is allowed: folders, files, the services of docker-compose.yml. */
export type Completes = 'folder' | 'file' | 'service'

export interface Command {
  /** `topics`, as typed. */
  readonly name: string
  readonly summary: string
  /** Come in `values` under their names, in their order; each may be missing. */
  readonly operands?: readonly Operand[]
  readonly options: Readonly<Record<string, Option>>
  /** What an exit code means here; 0, 1 and 2 have a meaning everywhere. */
  readonly exits?: Readonly<Record<number, string>>
  /** What is typed behind `npm run sluice --`. */
  readonly examples: readonly string[]
  /** Returns the exit code. */
  run(values: Values): Promise<number>
}

export type Values = Readonly<Record<string, string | boolean | readonly string[] | undefined>>

/** What was typed is not what the command expects, all of it at once: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  readonly problems: readonly string[]
  constructor(problems: string | readonly string[], options?: ErrorOptions) {
    const all = [problems].flat()
    super(all.join('\n'), options)
    this.problems = all
  }
}

/** The options and operands of a command by name; `help` is one of every command. Throws a `UsageError`. */
export function parseCommand({ options, operands = [] }: Command, args: readonly string[]): Values {
  const { values, positionals } = parseStrictly(options, [...args], operands.length > 0)
  if (positionals.length > operands.length) {
    const names = operands.map(({ name }) => name).join(' and ')
    throw new UsageError(`expected ${names}, found one word more: ${positionals[operands.length]}`)
  }
  const words = Object.fromEntries(operands.map(({ name }, index) => [name, positionals[index]]))
  for (const { name, choices } of operands) checkChoice(name, words[name], choices)
  for (const [name, { choices }] of Object.entries(options)) checkChoice(`--${name}`, values[name], choices)
  return { ...values, ...words }
}

function parseStrictly(options: Command['options'], args: string[], allowPositionals: boolean) {
  const known = Object.entries(options).map(([name, { type, multiple = false }]) => [name, { type, multiple }] as const)
  const help = { type: 'boolean', short: 'h' } as const
  try {
    return parseArgs({ args, options: { ...Object.fromEntries(known), help }, strict: true, allowPositionals }) as {
      readonly values: Values
      readonly positionals: readonly string[]
    }
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error })
  }
}

function checkChoice(name: string, found: Values[string], choices: readonly string[] | undefined): void {
  if (choices === undefined) return
  const values = typeof found === 'string' ? [found] : Array.isArray(found) ? (found as readonly string[]) : []
  for (const value of values)
    if (!choices.includes(value)) throw new UsageError(`${name}: expected ${choices.join(', ')}, found ${value}`)
}

/** What `--help` prints: purpose, options with their defaults, exit codes, examples. */
export function helpOf({ name, summary, operands = [], options, exits = {}, examples }: Command): string {
  const usage = ['npm run sluice --', name, ...operands.map((one) => `[${one.name}]`), '[options]'].join(' ')
  const codes = { 0: 'done', 1: 'failed', 2: 'not understood', ...exits }
  return [
    `sluice ${name}: ${summary}`,
    '',
    `  ${usage}`,
    '',
    ...operands.map((one) => `  ${one.name.padEnd(24)} ${one.help}${choicesOf(one)}`),
    ...Object.entries(options).map(([option, one]) => `  ${headOf(option, one).padEnd(24)} ${tailOf(one)}`),
    `  ${'-h, --help'.padEnd(24)} prints this`,
    '',
    `exit codes: ${Object.entries(codes)
      .map(([code, meaning]) => `${code} ${meaning}`)
      .join(', ')}`,
    ...(examples.length === 0 ? [] : ['', ...examples.map((example) => `  npm run sluice -- ${example}`)])
  ].join('\n')
}

function headOf(name: string, { type, value = 'VALUE' }: Option): string {
  return `--${name}${type === 'string' ? ` ${value}` : ''}`
}

function tailOf({ help, multiple = false, ...one }: Option): string {
  const defaults = one.default === undefined ? '' : `; default ${one.default}`
  return `${help}${choicesOf(one)}${multiple ? '; may be given several times' : ''}${defaults}`
}

function choicesOf({ choices }: Pick<Option, 'choices'>): string {
  return choices === undefined ? '' : `: ${choices.join(', ')}`
}
