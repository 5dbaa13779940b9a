import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What one process gets beside its environment, for its next life only. */
export type Once = Readonly<Record<string, string>>

/** Leaves it for the launcher of this data folder, which takes it when it next starts the process. */
export function leaveOnce(dataDir: string, id: string, once: Once): void {
  mkdirSync(join(dataDir, 'once'), { recursive: true })
  writeFileSync(fileOf(dataDir, id), JSON.stringify(once))
}

/** Takes what was left, so that the life after it is an ordinary one again. */
export function takeOnce(dataDir: string, id: string): Once {
  try {
    const once = JSON.parse(readFileSync(fileOf(dataDir, id), 'utf8')) as Once
    rmSync(fileOf(dataDir, id))
    return once
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return {} // nothing was left, as nearly always
  }
}

/** Forgets what nobody has taken. */
export function dropOnce(dataDir: string): void {
  rmSync(join(dataDir, 'once'), { recursive: true, force: true })
}

function fileOf(dataDir: string, id: string): string {
  return join(dataDir, 'once', `${id}.json`)
}
