import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * A folder of this process below the given one, empty. What dead processes have left is deleted: it holds rows on their
 * way, and positions are kept in the lake alone.
 */
export async function claimSpoolDir(root: string): Promise<string> {
  await mkdir(root, { recursive: true })
  for (const name of await readdir(root)) {
    const pid = /^loader-(\d+)$/.exec(name)?.[1]
    if (pid !== undefined && !isOtherAlive(Number(pid))) await rm(join(root, name), { recursive: true, force: true })
  }
  const own = join(root, `loader-${process.pid}`)
  await mkdir(own, { recursive: true })
  return own
}

function isOtherAlive(pid: number): boolean {
  if (pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
