import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, realpathSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { answersKafka } from './probes.ts'
import { spawnGuarded } from './guarded.ts'
import { kafkaProperties, writeProperties } from './kafka-properties.ts'
import { withLock } from './lock.ts'
import { nativeDir, repoRoot, type Say } from './paths.ts'
import { freePort } from './ports.ts'
import { findCommand, run } from './run.ts'
import { installSystemPackage } from './system-packages.ts'
import { waitFor } from '../wait-for.ts'

/** Another one only to show what it does to this platform: `npm run test:nightly`. */
const kafkaVersion = process.env['SLUICE_KAFKA_VERSION'] ?? '4.2.0'

export interface KafkaInstallation {
  readonly java: string
  /** What every `java` call of the broker begins with: heap, garbage collector, class archive, class path. */
  readonly flags: readonly string[]
  /** A formatted, empty data folder, to be copied: saves the JVM start of a format. */
  readonly emptyData: string
}

// Where it really is: a copy of the repository that links to it must not make a class archive of its own.
const home = existsSync(nativeDir) ? realpathSync(nativeDir) : nativeDir
const libs = join(home, `kafka-${kafkaVersion}`)
const jvm = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:-UsePerfData', '-Djava.awt.headless=true']
const classPath = ['-cp', `${libs}/*`]
const logging = `-Dlog4j2.configurationFile=${join(repoRoot, 'infra/kafka/log4j2.properties')}`

/** Fetches the broker through Maven, and makes the class archive and an empty data folder: all of it once per machine. */
export async function installKafka(say: Say): Promise<KafkaInstallation> {
  return withLock(join(nativeDir, 'kafka.lock'), 'fetching Kafka', say, async () => {
    const java = await findJava(say)
    if (!existsSync(libs)) await fetchJars(say)
    const made = join(home, `kafka-${kafkaVersion}-${await fingerprint(java)}`)
    if (!existsSync(made)) await prepare(java, made, say)
    return {
      java,
      flags: [...jvm, `-XX:SharedArchiveFile=${made}/classes.jsa`, '-Xshare:auto', logging, ...classPath],
      emptyData: join(made, 'data')
    }
  })
}

async function findJava(say: Say): Promise<string> {
  for (const attempt of ['as it is', 'installed']) {
    const home = process.env['JAVA_HOME']
    const java = home !== undefined && existsSync(`${home}/bin/java`) ? `${home}/bin/java` : findCommand('java')
    if (java !== null && (await javaMajor(java)) >= 17) return java
    if (attempt === 'as it is')
      await installSystemPackage('Java (17 or newer)', ['openjdk-17-jre-headless', 'openjdk-21-jre-headless'], say)
  }
  throw new Error('Kafka needs Java 17 or newer; the one on PATH (or in JAVA_HOME) is older')
}

async function javaMajor(java: string): Promise<number> {
  return Number(/version "(\d+)/.exec(await run(java, ['-version']))?.[1] ?? 0)
}

async function fetchJars(say: Say): Promise<void> {
  if (findCommand('mvn') === null) await installSystemPackage('Maven', ['maven'], say)
  say(`fetching Kafka ${kafkaVersion} from Maven Central (43 MB, once)`)
  const work = `${libs}.tmp`
  rmSync(work, { recursive: true, force: true })
  await run(findCommand('mvn') ?? 'mvn', [
    '-B',
    '-q',
    '-f',
    join(repoRoot, 'infra/kafka/pom.xml'),
    `-Dkafka.version=${kafkaVersion}`,
    `-DoutputDirectory=${work}`,
    '-DincludeScope=runtime',
    'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies'
  ])
  renameSync(work, libs)
}

/** The class archive holds only for one Java and one class path. */
async function fingerprint(java: string): Promise<string> {
  return createHash('sha256')
    .update(await run(java, ['-version']))
    .update(libs)
    .digest('hex')
    .slice(0, 8)
}

/** Formats a data folder, runs a broker on a copy of it, and has it write down its classes when it stops. */
async function prepare(java: string, made: string, say: Say): Promise<void> {
  say('preparing Kafka for quick starts (once)')
  const work = `${made}.tmp`
  rmSync(work, { recursive: true, force: true })
  mkdirSync(work, { recursive: true })
  const properties = join(work, 'server.properties')
  const [port, controllerPort] = [await freePort(), await freePort()]
  writeProperties(properties, kafkaProperties({ dataDir: join(work, 'data'), port, controllerPort }))
  await run(java, [
    ...jvm,
    logging,
    ...classPath,
    'kafka.tools.StorageTool',
    'format',
    '-t',
    'c2x1aWNlLXBsYXRmb3JtLQ',
    '-c',
    properties
  ])
  writeProperties(properties, kafkaProperties({ dataDir: join(work, 'trial'), port, controllerPort }))
  cpSync(join(work, 'data'), join(work, 'trial'), { recursive: true })
  const broker = spawnGuarded({
    command: java,
    args: [...jvm, `-XX:ArchiveClassesAtExit=${work}/classes.jsa`, logging, ...classPath, 'kafka.Kafka', properties],
    logFile: join(work, 'trial.log'),
    onOrphan: 'SIGKILL'
  })
  await waitFor('the first start of Kafka', () => answersKafka(port), { timeoutMs: 120_000 })
  await broker.stop(60_000)
  rmSync(join(work, 'trial'), { recursive: true, force: true })
  if (!existsSync(join(work, 'classes.jsa'))) throw new Error(`Kafka did not start:\n${broker.tail(20)}`)
  renameSync(work, made)
}
