import { execFile } from 'node:child_process'
import { readFileSync, statfsSync } from 'node:fs'
import { promisify } from 'node:util'
import { findCommand, isFree, repoRoot, stateDir } from '@sluice/testkit'
import { assignPorts } from '../platform/assign-ports.ts'
import { portOwner } from '../platform/port-owner.ts'
import type { ComposeFile } from '../compose/read-compose.ts'
import { ok, problem, warning, type Finding } from './finding.ts'

const exec = promisify(execFile)
const gib = 1024 ** 3

/** The whole platform takes some 1.7 GB, its data a few more within days. */
const wanted = { memory: 2 * gib, disk: 5 * gib, files: 4096 }
const least = { memory: gib, disk: gib, files: 1024 }

/** What a program must be, and how it is got. */
interface Program {
  readonly about: string
  readonly commands: readonly string[]
  readonly args: readonly string[]
  /** Finds `major.minor` in what it prints. */
  readonly version: RegExp
  readonly atLeast: readonly [number, number]
  readonly packages: string
}

const programs: readonly Program[] = [
  {
    about: 'pnpm',
    commands: ['pnpm'],
    args: ['--version'],
    version: /^(\d+)\.(\d+)/m,
    atLeast: [10, 0],
    packages: 'npm'
  },
  {
    about: 'Java',
    commands: ['java'],
    args: ['-version'],
    version: /version "(\d+)(?:\.(\d+))?/,
    atLeast: [17, 0],
    packages: 'openjdk-17-jre-headless'
  },
  {
    about: 'Maven',
    commands: ['mvn'],
    args: ['--version'],
    version: /Maven (\d+)\.(\d+)/,
    atLeast: [3, 6],
    packages: 'maven'
  },
  {
    about: 'Python',
    commands: ['python3'],
    args: ['--version'],
    version: /Python (\d+)\.(\d+)/,
    atLeast: [3, 9],
    packages: 'python3 python3-venv'
  },
  {
    about: 'Redis',
    commands: ['redis-server', 'valkey-server', 'redis-check-rdb'],
    args: ['--version'],
    version: /v=?(\d+)\.(\d+)|(?:cli|rdb) (\d+)\.(\d+)/,
    atLeast: [6, 0],
    packages: 'redis-tools'
  }
]

/** Everything that `npm start` needs of this machine. `running`: the ports are those of the platform that runs. */
export async function checkMachine(file: ComposeFile, running: boolean): Promise<readonly Finding[]> {
  return [
    ok('Node', process.versions.node),
    ...(await Promise.all(programs.map(checkProgram))),
    checkMemory(readFileSync('/proc/meminfo', 'utf8')),
    checkDisk(),
    checkFiles(readFileSync('/proc/self/limits', 'utf8')),
    ...(running ? [] : await checkPorts(file)),
    await checkDocker()
  ]
}

async function checkProgram({ about, commands, args, version, atLeast, packages }: Program): Promise<Finding> {
  const command = commands.map(findCommand).find((path) => path !== null) ?? null
  const install = `apt-get install --no-install-recommends ${packages}`
  const advice = canInstall() ? `npm start installs it, or: ${install}` : `install it (on Debian: sudo ${install})`
  const missing = canInstall() ? warning : problem
  if (command === null) return missing(about, `not there, expected ${atLeast.join('.')} or newer`, advice)
  try {
    const { stdout, stderr } = await exec(command, [...args], { timeout: 30_000 })
    const [, ...numbers] = version.exec(stdout + stderr) ?? []
    const [major = 0, minor = 0] = numbers.filter((text) => text !== undefined).map(Number)
    const found = `${major}.${minor} (${command})`
    const isNew = major > atLeast[0] || (major === atLeast[0] && minor >= atLeast[1])
    return isNew ? ok(about, found) : missing(about, `${found}, expected ${atLeast.join('.')} or newer`, advice)
  } catch (error) {
    return problem(about, `${command} does not run: ${(error as Error).message.split('\n')[0]}`, advice)
  }
}

/** `npm start` installs what is missing where it may. */
function canInstall(): boolean {
  return process.getuid?.() === 0 && findCommand('apt-get') !== null
}

export function checkMemory(meminfo: string): Finding {
  const free = Number(/^MemAvailable:\s+(\d+) kB/m.exec(meminfo)?.[1] ?? 0) * 1024
  const found = `${(free / gib).toFixed(1)} GiB available`
  const advice = 'end something, or start less: npm start -- --only enricher'
  if (free >= wanted.memory) return ok('memory', found)
  return (free >= least.memory ? warning : problem)('memory', `${found}, expected 2 GiB`, advice)
}

function checkDisk(): Finding {
  const { bavail, bsize } = statfsSync(repoRoot)
  const free = bavail * bsize
  const found = `${(free / gib).toFixed(0)} GiB free in ${repoRoot}`
  if (free >= wanted.disk) return ok('disk', found)
  const advice = `make room; the platform keeps its data in ${stateDir}/data: npm start -- --fresh begins without it`
  return (free >= least.disk ? warning : problem)('disk', `${found}, expected 5 GiB`, advice)
}

export function checkFiles(limits: string): Finding {
  const [, hard = '0'] = /^Max open files\s+\S+\s+(\S+)/m.exec(limits) ?? []
  const most = hard === 'unlimited' ? Infinity : Number(hard)
  const found = `${hard} open files allowed`
  if (most >= wanted.files) return ok('files', found)
  return (most >= least.files ? warning : problem)('files', `${found}, expected ${wanted.files}`, 'ulimit -n 65536')
}

async function checkPorts(file: ComposeFile): Promise<readonly Finding[]> {
  const { all } = await assignPorts(file, { variables: process.env })
  const taken: Finding[] = []
  for (const { id, port, setting } of all) {
    if (await isFree(port, '127.0.0.1')) continue
    const advice = `end that, or: ${setting}=<another port> npm start, or: npm start -- --port-offset 1000`
    taken.push(problem(`port ${port}`, `of ${id} is taken by ${portOwner(port)}`, advice))
  }
  return taken.length > 0 ? taken : [ok('ports', `all ${all.length} are free`)]
}

async function checkDocker(): Promise<Finding> {
  if (findCommand('docker') === null) return ok('Docker', 'not there; npm start does without')
  try {
    const engine = await exec('docker', ['version', '--format', '{{.Server.Version}}'], { timeout: 20_000 })
    const compose = await exec('docker', ['compose', 'version', '--short'], { timeout: 20_000 })
    return ok('Docker', `${engine.stdout.trim()}, Compose ${compose.stdout.trim()}`)
  } catch (error) {
    const why = (error as { readonly stderr?: string }).stderr?.trim().split('\n')[0] || (error as Error).message
    return warning('Docker', why, 'npm start does without; for docker compose up start its daemon, or install Compose')
  }
}
