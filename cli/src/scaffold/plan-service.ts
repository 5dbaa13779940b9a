import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { loadContracts, type Contract } from '@sluice/contracts'
import { UsageError } from '../command.ts'
import { changeCompose } from './change-compose.ts'
import { changeLockfile } from './change-lockfile.ts'
import { insertBefore, insertBehind } from './edit-text.ts'
import { finishService } from './finish-service.ts'
import { kinds, type KindName } from './kinds.ts'
import { mark, type Plan } from './plan.ts'
import { renderFolder } from './render.ts'

export interface ServiceOptions {
  /** `gust-board` */
  readonly name: string
  readonly kind: string
  /** The event types that it is about. */
  readonly events: readonly string[]
}

/** Everything that a template may ask for. */
type Values = Readonly<Record<string, string>>

/**
 * The folder of a new service, and the lines by which the repository knows of it. It keeps the rules of docs/service.md
 * from the start. Throws UsageError with everything that is wrong with what was asked for.
 */
export async function planService(root: string, options: ServiceOptions): Promise<Plan> {
  const contracts = await check(root, options)
  const kind = options.kind as KindName
  const { name } = options
  const read = (path: string) => readFile(join(root, path), 'utf8')
  const compose = changeCompose(await read('docker-compose.yml'), { name, kind })
  const values = { ...valuesOf(name, contracts), ...compose.values }
  const rendered = new Map([...renderFolder('common', values), ...renderFolder(kind, values)])
  const folder = await finishService(root, rendered)
  const manifest = folder.get('package.json') ?? ''
  const { networks, opens } = kinds[kind]
  return {
    files: new Map([
      ...[...folder].map(([path, text]): [string, string] => [`services/${name}/${path}`, text]),
      ['docker-compose.yml', compose.text],
      ['pnpm-lock.yaml', changeLockfile(await read('pnpm-lock.yaml'), `services/${name}`, manifest)],
      ...(await Promise.all([
        withLine('e2e/compose/file.test.ts', networks),
        withLine('e2e/compose/inside.test.ts', opens),
        withLink(),
        ...(kind === 'producer' ? [withKey()] : [])
      ]))
    ]),
    next: [
      `fill what is marked ${mark} in services/${name}/`,
      'npm run generate     # the table of its settings, when you changed them',
      'npm run check        # names every place that is still marked',
      `npm start -- --only ${name}`
    ]
  }

  async function withLine(path: string, names: readonly string[]): Promise<[string, string]> {
    const line = `  ${/^[a-z]+$/.test(name) ? name : `'${name}'`}: [${names.map((one) => `'${one}'`).join(', ')}],\n`
    return [path, insertBefore(path, await read(path), line, { anchor: '  console: [' })]
  }

  /** The secrets job gives a key to each client. */
  async function withKey(): Promise<[string, string]> {
    const path = 'cli/src/secrets.ts'
    const line = `  '${name}': ['urn:sluice:${name}'],\n`
    return [path, insertBefore(path, await read(path), line, { anchor: '  demo: [' })]
  }

  async function withLink(): Promise<[string, string]> {
    const link = `, [${name}](services/${name}/README.md)`
    return [
      'README.md',
      insertBehind('README.md', await read('README.md'), link, /\(services\/[a-z-]+\/README\.md\)(?= \|)/)
    ]
  }
}

async function check(root: string, { name, kind, events }: ServiceOptions): Promise<readonly Contract[]> {
  const problems: string[] = []
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name) || name.length > 40)
    problems.push(`expected a name of lower-case words joined by -, such as gust-board; found "${name}"`)
  else if (existsSync(join(root, 'services', name))) problems.push(`services/${name} is there already`)
  else if (new RegExp(`^  ${name}:`, 'm').test(await readFile(join(root, 'docker-compose.yml'), 'utf8')))
    problems.push(`docker-compose.yml has a service ${name} already`)
  if (!Object.hasOwn(kinds, kind))
    problems.push(`--kind: expected ${Object.keys(kinds).join(' or ')}; found ${kind === '' ? 'none' : `"${kind}"`}`)
  const { all } = await loadContracts(join(root, 'schemas'))
  const known = all.map(({ type }) => type).join(', ')
  if (events.length === 0) problems.push(`--event: expected at least one of ${known}; found none`)
  if (kind === 'producer' && events.length > 1)
    problems.push(`--event: expected one for a producer; found ${events.length}`)
  const unknown = events.filter((type) => all.every((contract) => contract.type !== type))
  for (const type of unknown) problems.push(`--event: expected one of ${known}; found ${type}`)
  if (problems.length > 0) throw new UsageError(problems)
  return all.filter(({ type }) => events.includes(type))
}

function valuesOf(name: string, contracts: readonly Contract[]): Values {
  const camel = name.replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
  const [first] = contracts
  const { examples = [] }: { examples?: readonly unknown[] } = first?.schema ?? {}
  return {
    name,
    camel,
    firstType: `'${first?.type}'`,
    typeList: contracts.map(({ type }) => `\`${type}\``).join(', '),
    projections: contracts.map((contract) => projection(name, contract)).join(',\n'),
    example: inCode(examples[0] ?? {}),
    dataschema: first?.dataschema ?? '',
    time:
      first?.window.kind === 'absolute'
        ? `new Date(Math.min(nowMs, Date.parse('${new Date(first.window.toMs).toISOString()}'))).toISOString()`
        : 'new Date(nowMs).toISOString()',
    reads: contracts.map(({ type, keyPointer }) => `    '${type}': ['${keyPointer}']`).join(',\n')
  }
}

/** A JSON value as our code spells it. */
function inCode(value: unknown): string {
  if (typeof value === 'string')
    return `'${JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
  if (Array.isArray(value)) return `[${value.map(inCode).join(', ')}]`
  if (typeof value !== 'object' || value === null) return String(value)
  const members = Object.entries(value).map(([name, member]) => `${name}: ${inCode(member)}`)
  return `{ ${members.join(', ')} }`
}

/** Something that may stay and keeps nothing yet. */
function projection(name: string, { type, keyPointer }: Contract): string {
  const key = `\${data.${keyPointer.slice(1).replaceAll('/', '.')}}`
  return [
    `  '${type}': (data, { timestampMs }) => [`,
    `    // ${mark}: what an event of this type changes. So far it makes a key with nothing in it.`,
    `    { kind: 'merge', key: \`${name}:${key}\`, expiresAtMs: timestampMs + ttlMs, set: {}, remove: [] }`,
    '  ]'
  ].join('\n')
}
