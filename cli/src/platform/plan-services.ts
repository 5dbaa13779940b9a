import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { repoRoot } from '@sluice/testkit'
import { readCompose, type ComposeFile, type ComposeService } from '../compose/read-compose.ts'
import { makeSecrets } from '../secrets.ts'
import { assignPorts } from './assign-ports.ts'
import { planPlatform } from './plan.ts'

/** A service of ours as the compose file runs it, all by itself. */
export interface PlannedService {
  readonly name: string
  /** Its program. */
  readonly main: string
  /** Every address in it leads to a port of this machine on which nobody listens. */
  readonly environment: Readonly<Record<string, string>>
  /** What has to run before it, by the compose file: not the jobs, but what they need. */
  readonly dependencies: readonly string[]
}

/** How each service of ours runs, for tests that start one by itself. Folders and secrets are made below `dataDir`. */
export async function planServices(dataDir: string): Promise<readonly PlannedService[]> {
  const file = readCompose(join(repoRoot, 'docker-compose.yml'), {})
  const ports = await assignPorts(file, { ports: 'free' })
  await makeSecrets({ dir: join(dataDir, 'volumes/secrets') })
  return planPlatform(file, ports, { root: repoRoot, dataDir })
    .filter(({ kind, service }) => kind === 'service' && service.ours !== null)
    .map(({ service, environment, path }) => {
      for (const { target, kind } of service.mounts) if (kind !== 'bind') mkdirSync(path(target), { recursive: true })
      const main = join(repoRoot, `services/${service.ours}/main.ts`)
      return { name: service.name, main, environment, dependencies: [...needsOf(file, service)] }
    })
}

function needsOf(file: ComposeFile, { dependsOn }: ComposeService, found = new Set<string>()): ReadonlySet<string> {
  for (const name of Object.keys(dependsOn)) {
    const needed = file.services.get(name)
    if (needed === undefined) continue
    if (!needed.isJob) found.add(name)
    needsOf(file, needed, found)
  }
  return found
}
