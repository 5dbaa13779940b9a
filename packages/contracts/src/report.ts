/** Collects what is wrong with one file: where, what was expected, what was found. */
export interface Report {
  readonly problems: readonly string[]
  /** `pointer` is a JSON pointer into the file, empty for the file itself. */
  readonly problem: (this: void, pointer: string, expected: string, found: string) => void
}

export function createReport(file: string): Report {
  const problems: string[] = []
  return {
    problems,
    problem(pointer, expected, found) {
      problems.push(`${file}${pointer === '' ? '' : `#${pointer}`}: expected ${expected}, found ${found}`)
    }
  }
}

/** A value in a few words, for the end of a problem. Only for files of ours: it quotes what it describes. */
export function describe(value: unknown): string {
  if (value === undefined) return 'none'
  const text = JSON.stringify(value)
  return text.length <= 80 ? text : `${text.slice(0, 79).toWellFormed()}…`
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Reports every member that is not among the known ones. */
export function refuseUnknown(
  object: Readonly<Record<string, unknown>>,
  known: readonly string[],
  pointer: string,
  report: Report
): void {
  for (const name of Object.keys(object)) {
    if (!known.includes(name)) report.problem(`${pointer}/${name}`, `only ${known.join(', ')}`, `"${name}"`)
  }
}
