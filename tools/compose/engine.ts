import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { repoRoot, spawnGuarded, stateDir, waitFor, type GuardedProcess } from '@sluice/testkit'
import { rememberNetwork } from './network-traces.ts'
import { run, type Say } from './run.ts'

export interface Engine extends AsyncDisposable {
  /** True: it was there before us, with images of its own. */
  readonly isForeign: boolean
  readonly version: string
  /** Environment in which `docker` means this engine. */
  readonly env: NodeJS.ProcessEnv
}

/** Where engine, layers and what was fetched for the stand-ins are kept between runs. */
export const engineDir = join(stateDir, 'docker')

/** The engine of this machine; where there is none, one of our own, unpacked and started in a folder of ours. */
export async function openEngine(say: Say): Promise<Engine> {
  return (await presentEngine()) ?? startEngine(say)
}

async function presentEngine(): Promise<Engine | null> {
  const env = { ...process.env }
  try {
    const version = (
      await run('docker', ['version', '--format', '{{.Server.Version}}'], { env, timeoutMs: 20_000 })
    ).trim()
    await run('docker', ['compose', 'version'], { env })
    await run('docker', ['buildx', 'version'], { env })
    // Its volumes and containers of that name are somebody's.
    return {
      isForeign: true,
      version,
      env: { ...env, COMPOSE_PROJECT_NAME: 'sluice-test' },
      [Symbol.asyncDispose]: async () => undefined
    }
  } catch {
    return null
  }
}

async function startEngine(say: Say): Promise<Engine> {
  if (process.platform !== 'linux' || !existsSync('/etc/debian_version'))
    throw new Error('there is no Docker engine with Compose and buildx, and only on Debian is one made from packages')
  if (process.getuid?.() !== 0) throw new Error('there is no Docker engine, and only root can start one')
  say('making a Docker engine from packages')
  mkdirSync(engineDir, { recursive: true })
  const printed = await run(join(repoRoot, 'infra/docker/get-docker.sh'), [engineDir])
  const settings = Object.fromEntries(
    printed
      .trim()
      .split('\n')
      .map((line) => line.split(/=(.*)/s, 2))
  )
  // A socket's path is short, a checkout's may not be.
  const runDir = mkdtempSync(join(tmpdir(), 'sluice-docker-'))
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    ...settings,
    DOCKER_HOST: `unix://${runDir}/docker.sock`,
    BUILDX_BUILDER: 'default'
  }
  delete env['DOCKER_CONTEXT']
  const forgetNetwork = await rememberNetwork()
  const daemon = spawnGuarded({
    command: 'dockerd',
    args: [
      `--data-root=${join(engineDir, 'data')}`,
      `--exec-root=${join(runDir, 'exec')}`,
      `--pidfile=${join(runDir, 'dockerd.pid')}`,
      `--host=unix://${runDir}/docker.sock`,
      '--init-path=/usr/bin/tini-static',
      '--shutdown-timeout=5',
      '--log-level=warn'
    ],
    env,
    logFile: join(engineDir, 'dockerd.log'),
    onOrphan: 'SIGTERM'
  })
  const close = async (): Promise<void> => {
    await daemon.stop(30_000)
    await unmountBelow([runDir, join(engineDir, 'data')])
    await forgetNetwork()
    rmSync(runDir, { recursive: true, force: true })
  }
  try {
    const version = await answer(daemon, env)
    return { isForeign: false, version, env, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}

async function answer(daemon: GuardedProcess, env: NodeJS.ProcessEnv): Promise<string> {
  const ask = async (): Promise<string | false> => {
    if (daemon.exit() !== null) throw new Error(`dockerd does not run here:\n${daemon.tail()}`)
    return run('docker', ['version', '--format', '{{.Server.Version}}'], { env }).then(
      (version) => version.trim(),
      () => false
    )
  }
  return waitFor('dockerd', ask, { timeoutMs: 90_000, intervalMs: 300 })
}

/** A container that could not be stopped leaves its mounts behind. */
async function unmountBelow(folders: readonly string[]): Promise<void> {
  const mounted = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .flatMap((line) => line.split(' ')[1] ?? [])
    .filter((path) => folders.some((folder) => path.startsWith(`${folder}/`)))
  for (const path of mounted.toReversed()) await run('umount', ['-l', path]).catch(() => undefined)
}
