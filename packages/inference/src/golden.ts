import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { evaluateFeatures } from './evaluate-features.ts'
import type { ModelInfo } from './model-info.ts'

/** The content of golden.json: what the trained model said about some events, by the library that trained it. */
export interface Golden {
  readonly events: readonly unknown[]
  /** The feature rows of those events; null is NaN. */
  readonly rows: readonly (readonly (number | null)[])[]
  /** Null where no usable score is expected. */
  readonly scores: readonly (number | null)[]
}

/** How far a score may be from the golden one. */
export const goldenTolerance = 1e-6

/** Says how features and scores differ from golden.json, or that it cannot be read. */
export async function checkGolden(
  folder: string,
  info: ModelInfo,
  predict: (rows: Float32Array, count: number) => Promise<Float32Array>
): Promise<string[]> {
  const golden = await readGolden(folder)
  if (typeof golden === 'string') return [golden]
  const { events, rows, scores } = golden
  if (events.length === 0 || rows.length !== events.length || scores.length !== events.length) {
    return ['golden.json: expected as many events as rows and scores, and at least one']
  }
  const expected = Float32Array.from(rows.flat(), (value) => value ?? NaN)
  const found = evaluateFeatures(info.features, events)
  const column = found.findIndex((value, i) => !Object.is(value, expected[i]))
  if (column !== -1 || found.length !== expected.length) {
    const name = info.features[column % info.features.length]?.name
    const row = Math.floor(column / info.features.length)
    return [`golden.json: row ${row}, ${name}: expected ${expected[column]}, evaluated ${found[column]}`]
  }
  const given = await predict(found, events.length)
  const row = scores.findIndex((score, i) => !agrees(score, given[i]!))
  return row === -1 ? [] : [`golden.json: row ${row}: expected score ${scores[row]}, found ${given[row]}`]
}

function agrees(expected: number | null, found: number): boolean {
  return expected === null ? Number.isNaN(found) : Math.abs(expected - found) <= goldenTolerance
}

async function readGolden(folder: string): Promise<Golden | string> {
  try {
    return JSON.parse(await readFile(join(folder, 'golden.json'), 'utf8')) as Golden
  } catch (error) {
    return `golden.json: ${(error as NodeJS.ErrnoException).code ?? 'not JSON'}`
  }
}
