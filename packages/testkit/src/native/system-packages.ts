import { existsSync } from 'node:fs'
import type { Say } from './paths.ts'
import { run } from './run.ts'

/**
 * Installs the first of `candidates` that this Debian or Ubuntu knows. Only as root; anyone else, and every other system,
 * gets the command to run instead.
 */
export async function installSystemPackage(what: string, candidates: readonly string[], say: Say): Promise<void> {
  const command = `apt-get install --no-install-recommends ${candidates[0]}`
  if (!existsSync('/etc/debian_version'))
    throw new Error(`${what} is missing: install it with this system's package manager (on Debian: ${command})`)
  if (process.getuid?.() !== 0) throw new Error(`${what} is missing: install it with\n  sudo ${command}`)
  say(`installing ${what} (apt-get, once)`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const apt = (...args: string[]) => run('apt-get', ['-o', 'DPkg::Lock::Timeout=300', '-qq', '-y', ...args], { env })
  await apt('update')
  const known: string[] = []
  for (const name of candidates) if (await isKnown(name)) known.push(name)
  if (known[0] === undefined) throw new Error(`${what} is missing, and apt-get knows none of ${candidates.join(', ')}`)
  await apt('install', '--no-install-recommends', known[0])
}

async function isKnown(name: string): Promise<boolean> {
  const policy = await run('apt-cache', ['policy', name])
  return /Candidate: (?!\(none\))/.test(policy)
}
