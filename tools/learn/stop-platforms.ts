import { globSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** Ends what a chapter has left running on data folders below `dir`; resolves to what says so of each that ran. */
export async function stopPlatforms(dir: string): Promise<readonly string[]> {
  const stopped: string[] = []
  for (const file of globSync(`${dir}/*.running.json`)) {
    const { launcher } = JSON.parse(readFileSync(file, 'utf8')) as { readonly launcher: string }
    const pid = Number(launcher.split(':')[0])
    if (isThere(pid)) stopped.push(file)
    // A launcher that is killed takes its processes with it; asked, it stops them in order first.
    for (let waitedMs = 0; isThere(pid) && waitedMs < 30_000; waitedMs += 200) {
      if (waitedMs === 0) process.kill(pid, 'SIGTERM')
      await sleep(200)
    }
    if (isThere(pid)) process.kill(pid, 'SIGKILL')
  }
  return stopped
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
