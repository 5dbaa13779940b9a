import { existsSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** What the word stands for that a scaffold leaves wherever somebody has to think. `marked-places.test.ts` refuses it. */
export const mark = 'TODO'

/** What a scaffold would do to a repository. Nothing is written yet. */
export interface Plan {
  /** Whole texts by path from the root of the repository, in the order in which they are listed. */
  readonly files: ReadonlyMap<string, string>
  /** What is left to somebody, one line each, as commands where they are commands. */
  readonly next: readonly string[]
}

export interface PlannedFile {
  readonly path: string
  readonly does: 'create' | 'change'
  /** Places that are left to fill. */
  readonly marks: number
}

/** What happens to each file; files that stay as they are are left out. */
export function listFiles(root: string, { files }: Plan): readonly PlannedFile[] {
  return [...files].flatMap(([path, text]): PlannedFile[] => {
    const before = existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : null
    if (before === text) return []
    // Generated files repeat the marks of what they are made from.
    const marks = isMade(path) ? 0 : (text.match(new RegExp(`\\b${mark}\\b`, 'g')) ?? []).length
    return [{ path, does: before === null ? 'create' : 'change', marks }]
  })
}

export async function writePlan(root: string, { files }: Plan): Promise<void> {
  for (const [path, text] of files) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), text)
  }
}

function isMade(path: string): boolean {
  return path.startsWith('docs/') || path.includes('/generated/')
}
