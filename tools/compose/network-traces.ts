import { readFileSync, writeFileSync } from 'node:fs'
import { run } from './run.ts'

const forwarding = ['ipv4/ip_forward', 'ipv6/conf/all/forwarding', 'ipv6/conf/default/forwarding'].map(
  (name) => `/proc/sys/net/${name}`
)
const tables = ['filter', 'nat', 'mangle', 'raw']

/** What dockerd changes about a machine's network and does not take back, remembered; the result takes it back. */
export async function rememberNetwork(): Promise<() => Promise<void>> {
  const values = forwarding.map((file) => [file, read(file)] as const)
  const policies = await Promise.all(['iptables', 'ip6tables'].map(forwardPolicy))
  const before = new Set(await bridges())
  return async () => {
    const made = (await bridges()).filter((name) => !before.has(name))
    for (const [index, command] of ['iptables', 'ip6tables'].entries()) {
      for (const table of tables) await removeRules(command, table, made)
      if (policies[index] !== null) await run(command, ['-P', 'FORWARD', policies[index] ?? '']).catch(() => undefined)
    }
    for (const name of made) await run('ip', ['link', 'delete', name]).catch(() => undefined)
    for (const [file, value] of values) if (value !== null && read(file) !== value) writeFileSync(file, value)
  }
}

/** docker0 and the br-… of its networks. */
async function bridges(): Promise<readonly string[]> {
  const listed = await run('ip', ['-o', 'link', 'show', 'type', 'bridge']).catch(() => '')
  return listed.split('\n').flatMap((line) => /^\d+: (docker\d+|br-[0-9a-f]{12})\b/.exec(line)?.[1] ?? [])
}

async function forwardPolicy(command: string): Promise<string | null> {
  const rules = await run(command, ['-S', 'FORWARD']).catch(() => '')
  return /^-P FORWARD (\S+)/m.exec(rules)?.[1] ?? null
}

async function removeRules(command: string, table: string, made: readonly string[]): Promise<void> {
  const rules = (await run(command, ['-t', table, '-S']).catch(() => '')).split('\n')
  const chains = rules.flatMap((rule) => /^-N (DOCKER\S*)$/.exec(rule)?.[1] ?? [])
  const ours = (rule: string): boolean =>
    /\bDOCKER\b|\bDOCKER-/.test(rule) || made.some((name) => rule.includes(` ${name}`))
  for (const rule of rules.filter((rule) => rule.startsWith('-A ') && !rule.startsWith('-A DOCKER') && ours(rule)))
    await run(command, ['-t', table, '-D', ...rule.slice(3).split(' ')]).catch(() => undefined)
  for (const flag of ['-F', '-X'])
    for (const chain of chains) await run(command, ['-t', table, flag, chain]).catch(() => undefined)
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return null
  }
}
