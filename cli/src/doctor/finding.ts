import { styleText } from 'node:util'

export type Level = 'ok' | 'warning' | 'problem'

/** What one check has found. */
export interface Finding {
  readonly level: Level
  /** What was looked at: `memory`, `port 8080`. */
  readonly about: string
  /** What was found, and what was expected if that is something else. */
  readonly found: string
  /** What to do about it; null when there is nothing to do. */
  readonly advice: string | null
}

export const ok = (about: string, found: string): Finding => ({ level: 'ok', about, found, advice: null })
export const warning = (about: string, found: string, advice: string): Finding => ({
  level: 'warning',
  about,
  found,
  advice
})
export const problem = (about: string, found: string, advice: string): Finding => ({
  level: 'problem',
  about,
  found,
  advice
})

const colours = { ok: 'green', warning: 'yellow', problem: 'red' } as const

/** A line for each, with what to do below. */
export function printFindings(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ about }) => about.length))
  return findings
    .flatMap(({ level, about, found, advice }) => [
      `${styleText(colours[level], level.padEnd(8))} ${about.padEnd(width)}  ${found}`,
      ...(advice === null ? [] : [`${' '.repeat(9 + width)}  → ${advice}`])
    ])
    .join('\n')
}

export function countOf(findings: readonly Finding[], level: Level): number {
  return findings.filter((finding) => finding.level === level).length
}
