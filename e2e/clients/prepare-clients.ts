import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { findCommand, installSystemPackage, pythonTools, stateDir, withLock } from '@sluice/testkit'

const exec = promisify(execFile)
/** As docs/clients.md says. */
export const grpcurlVersion = '1.9.3'

export interface Clients {
  /** Folders for `PATH` with all of them. */
  readonly path: readonly string[]
  /** A home whose DuckDB finds its extensions without a download. */
  readonly home: string
  readonly python: string
  /** Why there is no grpcurl, or false. */
  readonly noGrpcurl: string | false
}

/** Fetches the stock clients that are not here yet: from PyPI, Debian and, where there is a Go, its module proxy. */
export async function prepareClients(dir: string): Promise<Clients> {
  const { python } = await pythonTools(say)
  for (const [command, packages] of [
    ['kcat', ['kcat', 'kafkacat']],
    ['redis-cli', ['redis-tools']]
  ] as const) {
    if (findCommand(command) === null) await installSystemPackage(command, packages, say)
  }
  const grpcurl = await installGrpcurl()
  return {
    python,
    path: [dirname(python), ...(grpcurl === null ? [] : [grpcurl])],
    home: await makeDuckdbHome(dir, python),
    noGrpcurl: grpcurl === null && 'there is no grpcurl, and no Go to make one with'
  }
}

/** The folder of grpcurl: that of this machine, or one that Go makes once (some 1.5 minutes). */
async function installGrpcurl(): Promise<string | null> {
  const present = findCommand('grpcurl')
  if (present !== null) return dirname(present)
  const go = findCommand('go')
  if (go === null) return null
  const home = join(stateDir, `native/grpcurl-${grpcurlVersion}`)
  mkdirSync(home, { recursive: true })
  return withLock(`${home}.lock`, 'compiling grpcurl', say, async () => {
    if (existsSync(join(home, 'grpcurl'))) return home
    say('compiling grpcurl (1.5 minutes, once)')
    const env = { ...process.env, GOBIN: home, GOFLAGS: '-mod=mod' }
    await exec(go, ['install', `github.com/fullstorydev/grpcurl/cmd/grpcurl@v${grpcurlVersion}`], { env, cwd: home })
    return home
  })
}

/** DuckDB looks for extensions below the home folder; those of the venv came from PyPI. */
async function makeDuckdbHome(dir: string, python: string): Promise<string> {
  const where =
    'import duckdb, duckdb_extension_delta as d, duckdb_extension_httpfs as h; print(duckdb.__version__, *d.__path__, *h.__path__)'
  const { stdout } = await exec(python, ['-c', where])
  const [version = '', delta = '', httpfs = ''] = stdout.trim().split(' ')
  const folder = join(dir, `.duckdb/extensions/v${version}/linux_amd64`)
  mkdirSync(folder, { recursive: true })
  for (const [name, from] of Object.entries({ delta, httpfs })) {
    const file = `${name}.duckdb_extension`
    symlinkSync(join(from, 'extensions', `v${version}`, file), join(folder, file))
  }
  return dir
}

function say(line: string): void {
  process.stderr.write(`clients: ${line}\n`)
}
