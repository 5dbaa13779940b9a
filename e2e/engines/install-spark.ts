import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { findCommand, installSystemPackage, repoRoot, stateDir, withLock } from '@sluice/testkit'

const exec = promisify(execFile)
const infra = join(repoRoot, 'infra/spark')
const read = (name: string): string => readFileSync(join(infra, name), 'utf8')

/** What is fetched, as the files there pin it. */
export const sparkVersions = {
  spark: /^pyspark==(\S+)$/m.exec(read('requirements.txt'))?.[1],
  delta: /<artifactId>delta-spark_[\d.]+<\/artifactId>\s*<version>([^<]+)</.exec(read('pom.xml'))?.[1]
}

export interface Spark {
  readonly python: string
  /** Folder with the jars of Delta Lake. */
  readonly jars: string
}

/** Spark from PyPI (430 MB) and Delta Lake for it from Maven Central, once per list of versions. */
export async function installSpark(): Promise<Spark> {
  const home = join(stateDir, 'venv-spark')
  const python = join(home, 'bin/python')
  const jars = join(home, 'jars')
  const wanted = ['requirements.txt', 'pom.xml'].map(read)
  const mark = join(home, `made-${createHash('sha256').update(wanted.join('')).digest('hex').slice(0, 12)}`)
  return withLock(`${home}.lock`, 'fetching Spark', say, async () => {
    if (existsSync(mark)) return { python, jars }
    rmSync(home, { recursive: true, force: true })
    if (findCommand('mvn') === null) await installSystemPackage('Maven', ['maven'], say)
    say('fetching Spark and Delta Lake (450 MB, once)')
    await exec('python3', ['-m', 'venv', home])
    await exec(python, ['-m', 'pip', 'install', '-q', '--no-deps', '-r', join(infra, 'requirements.txt')])
    const plugin = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies'
    const options = [`-DoutputDirectory=${jars}`, '-DincludeScope=runtime']
    await exec('mvn', ['-B', '-q', '-f', join(infra, 'pom.xml'), ...options, plugin])
    writeFileSync(mark, '')
    return { python, jars }
  })
}

function say(line: string): void {
  process.stderr.write(`engines: ${line}\n`)
}
