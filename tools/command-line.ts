import { readFileSync } from 'node:fs'
import { parseArgs, type ParseArgsConfig } from 'node:util'

type Parsed<T extends ParseArgsConfig> = ReturnType<typeof parseArgs<T>>

/**
 * The arguments of the tool whose file this is. `--help` prints the comment at its head and ends with 0; what `config`
 * does not know is one line and exit 2.
 */
export function commandLine<const T extends ParseArgsConfig>(file: string, config: T): Parsed<T> {
  if (process.argv.slice(2).includes('--help')) {
    process.stdout.write(`${headOf(readFileSync(file, 'utf8'))}\n`)
    process.exit(0)
  }
  return orUsage(() => parseArgs(config))
}

/** What `read` makes of the arguments; what it throws is one line and exit 2. */
export function orUsage<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    process.stderr.write(`${(error as Error).message} (--help says what there is)\n`)
    process.exit(2)
  }
}

/** The lines of comment with which a file begins. */
function headOf(text: string): string {
  const lines = text.split('\n')
  const end = lines.findIndex((line) => !line.startsWith('//'))
  return lines
    .slice(0, end)
    .map((line) => line.replace(/^\/\/ ?/, ''))
    .join('\n')
}
