// node tools/check-imports.ts: the import rules of the repository, checked on the text of every TypeScript file:
// who may import whom, and which folder is the only importer of a dangerous library.
import { globSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { join, relative, resolve, sep } from 'node:path'
import { commandLine } from './command-line.ts'

const root = resolve(import.meta.dirname, '..')

/** The libraries whose semantics are dangerous, and the one folder that may import each. */
const onlyImporter: Record<string, string> = {
  kafkajs: 'packages/kafka',
  '@aws-sdk/client-s3': 'packages/lake',
  '@duckdb/node-api': 'packages/lake',
  ioredis: 'packages/store',
  'onnxruntime-node': 'packages/inference',
  hyparquet: 'packages/flights'
}
const exemptFromOnlyImporter = ['bench/yardsticks', 'e2e/oracle']

/** Libraries without I/O that the pure packages may use. */
const pure: Record<string, readonly string[]> = {
  'packages/events': ['fast-check'],
  'packages/contracts': ['ajv', 'ajv/dist/2020.js', 'yaml', 'fast-check']
}
const ioBuiltins = new Set([
  'net',
  'http',
  'http2',
  'https',
  'dgram',
  'tls',
  'dns',
  'child_process',
  'worker_threads',
  'cluster'
])

/** Folders that may know the domain: all others must work with any contracts. */
const domain = [
  'packages/flights',
  'services/flight-producer',
  'services/weather-producer',
  'models',
  'data',
  'cli/src/demo',
  'e2e'
]

/** Checks all files below `folder`; returns one sentence per broken rule. */
export function checkImports(folder = root): string[] {
  const files = globSync('{packages,services,cli,e2e,models,data,bench,tools}/**/*.{ts,mjs}', {
    cwd: folder,
    exclude: (name) => /(^|\/)(node_modules|\.sluice)(\/|$)/.test(name)
  })
  return files.flatMap((file) => checkFile(folder, file.split(sep).join('/')))
}

function checkFile(folder: string, file: string): string[] {
  const text = readFileSync(join(folder, file), 'utf8')
  const home = homeOf(file)
  const problems = importsOf(text).flatMap((specifier) =>
    rules.map((rule) => rule({ file, home, specifier, folder })).filter((problem) => problem !== null)
  )
  if (mayNotReadEnvironment(file) && /\bprocess\.env\b/.test(text)) {
    problems.push(`${file} reads process.env: settings are declared in a service's config.ts`)
  }
  return problems
}

interface Import {
  readonly file: string
  /** `packages/kafka`, `services/enricher`, `cli`, … */
  readonly home: string
  readonly specifier: string
  readonly folder: string
}

const rules: readonly ((what: Import) => string | null)[] = [
  function servicesStandAlone({ file, home, specifier }) {
    const name = workspaceName(specifier)
    if (name === null || !isService(name) || home === `services/${name}`) return null
    return home === 'cli' || home === 'e2e'
      ? null
      : `${file} imports the service ${name}: services are reached through topics and their ports`
  },
  function packagesStayBelow({ file, home, specifier }) {
    const name = workspaceName(specifier)
    return home.startsWith('packages/') && (name === 'cli' || name === 'e2e')
      ? `${file} imports ${name}: packages never import what uses them`
      : null
  },
  function noReachingIntoNeighbours({ file, home, specifier, folder }) {
    if (!specifier.startsWith('.')) return null
    const target = relative(folder, resolve(folder, file, '..', specifier))
      .split(sep)
      .join('/')
    // The tests of the whole platform may look at a service's settings.
    const isLookedAt = home === 'e2e' && target.startsWith('services/')
    return homeOf(target) === home || home === 'tools' || isLookedAt
      ? null
      : `${file} imports ${target}: use the workspace package, not its files`
  },
  function oneImporter({ file, home, specifier }) {
    const library = Object.keys(onlyImporter).find((name) => specifier === name || specifier.startsWith(`${name}/`))
    if (library === undefined || home === onlyImporter[library]) return null
    return exemptFromOnlyImporter.some((path) => file.startsWith(`${path}/`))
      ? null
      : `${file} imports ${library}: only ${onlyImporter[library]} may`
  },
  function pureStaysPure({ file, home, specifier }) {
    const allowed = pure[home]
    if (
      allowed === undefined ||
      file.endsWith('.test.ts') ||
      specifier.startsWith('.') ||
      specifier.startsWith('@sluice/')
    )
      return null
    const builtin = specifier.replace(/^node:/, '')
    if (builtinModules.includes(builtin))
      return ioBuiltins.has(builtin) ? `${file} imports ${specifier}: ${home} does no I/O` : null
    return allowed.includes(specifier) ? null : `${file} imports ${specifier}: ${home} stays free of libraries with I/O`
  },
  function domainStaysInItsFolders({ file, specifier }) {
    return specifier === '@sluice/flights' && !domain.some((path) => file.startsWith(path))
      ? `${file} imports @sluice/flights: only the producers and the model know flights`
      : null
  },
  function testToolsStayInTests({ file, home, specifier }) {
    if (specifier !== '@sluice/testkit' || file.endsWith('.test.ts')) return null
    return home === 'cli' ||
      home === 'e2e' ||
      home === 'tools' ||
      home === 'bench' ||
      /\/testing\/|\/test-[a-z-]+\.ts$/.test(file)
      ? null
      : `${file} imports @sluice/testkit outside a test`
  }
]

function importsOf(text: string): string[] {
  const found = text.matchAll(
    /^(?:import|export)\b[^'"]*?\bfrom\s+['"]([^'"]+)['"]|^import\s+['"]([^'"]+)['"]|\b(?:import|require)\(\s*['"]([^'"]+)['"]\s*\)/gm
  )
  return [...found].map((match) => match[1] ?? match[2] ?? match[3] ?? '')
}

function homeOf(file: string): string {
  const [first = '', second = ''] = file.split('/')
  return first === 'packages' || first === 'services' ? `${first}/${second}` : first
}

function workspaceName(specifier: string): string | null {
  return /^@sluice\/([a-z-]+)/.exec(specifier)?.[1] ?? null
}

function isService(name: string): boolean {
  return globSync(`services/${name}/package.json`, { cwd: root }).length > 0
}

function mayNotReadEnvironment(file: string): boolean {
  return !/(^|\/)config\.ts$|^packages\/service\/src\/run\.ts$|\.test\.ts$|^(tools|cli|e2e|bench|models|data|packages\/testkit)\/|\/testing\//.test(
    file
  )
}

if (import.meta.main) {
  commandLine(import.meta.filename, {})
  const problems = checkImports()
  for (const problem of problems) console.error(problem)
  process.exitCode = problems.length > 0 ? 1 : 0
}
