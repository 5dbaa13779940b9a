import { readFile } from 'node:fs/promises'

/** Why the launcher does not start a service again, by name of the service. */
export type Refusals = ReadonlyMap<string, string>

interface SavedState {
  readonly processes?: readonly { readonly service: string; readonly state: string; readonly note: string }[]
}

/**
 * Which services have refused to run (exit 78), as `npm start` keeps it in a file: a process that has ended answers
 * nobody. In containers a service that refuses stays up and says so itself.
 */
export async function readRefusals(file: string | null): Promise<Refusals> {
  if (file === null) return new Map()
  const text = await readFile(file, 'utf8').catch(() => null)
  if (text === null) return new Map()
  try {
    const { processes = [] } = JSON.parse(text) as SavedState
    return new Map(
      processes.filter(({ state }) => state === 'refused').map(({ service, note }) => [service, lastWords(note)])
    )
  } catch {
    return new Map()
  }
}

/** The problems out of the last lines of a log; where there are none, those lines. */
function lastWords(note: string): string {
  const problems = note.split('\n').flatMap((line) => {
    try {
      const { problem } = JSON.parse(line) as { problem?: unknown }
      return typeof problem === 'string' ? [problem] : []
    } catch {
      return []
    }
  })
  return [...new Set(problems)].join('; ') || note.replaceAll(/\s*\n\s*/g, ' ').slice(0, 300)
}
