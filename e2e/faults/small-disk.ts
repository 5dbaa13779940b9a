import { execFileSync } from 'node:child_process'
import { closeSync, openSync, renameSync, rmSync, mkdirSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** A file system of a few MB in the place of a folder. */
export interface SmallDisk extends Disposable {
  /** Takes every byte that is left. */
  fill(): void
  free(): void
}

/** Why no file system can be mounted here; null: it can. */
export function mountProblem(dir: string): string | null {
  try {
    mkdirSync(dir, { recursive: true })
    mount(dir, 1)
    execFileSync('umount', [dir], { stdio: 'pipe' })
    return null
  } catch (error) {
    return `mount -t tmpfs is not permitted here: ${String((error as { stderr?: Buffer }).stderr ?? error).trim()}`
  }
}

/** Moves a folder that nobody has open onto a tmpfs of its own. Unmounts it in the end. */
export function putOnSmallDisk(dir: string, megabytes: number): SmallDisk {
  const aside = `${dir}.aside`
  renameSync(dir, aside)
  mkdirSync(dir)
  mount(dir, megabytes)
  // Sparse, as Kafka's index files are.
  execFileSync('cp', ['-a', '--sparse=always', `${aside}/.`, dir], { stdio: 'pipe' })
  rmSync(aside, { recursive: true })
  const filler = join(dir, 'filler')
  return {
    fill() {
      const file = openSync(filler, 'w')
      try {
        for (let size = 1 << 20; size > 0;) {
          try {
            if (writeSync(file, Buffer.alloc(size)) < size) size = size >> 1
          } catch {
            size = size >> 1
          }
        }
      } finally {
        closeSync(file)
      }
    },
    free: () => rmSync(filler, { force: true }),
    [Symbol.dispose]() {
      execFileSync('umount', ['--lazy', dir], { stdio: 'pipe' })
    }
  }
}

function mount(dir: string, megabytes: number): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', dir], { stdio: 'pipe' })
}
