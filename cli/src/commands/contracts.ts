import { join, resolve } from 'node:path'
import { loadContracts, type Contracts } from '@sluice/contracts'
import { repoRoot } from '@sluice/testkit'
import { UsageError, type Command } from '../command.ts'
import { exportFormats } from '../contracts/export-formats.ts'

export const contracts: Command = {
  name: 'contracts',
  summary: 'holds the contracts against another revision, or writes them as AsyncAPI, ODCS, TypeScript or pages',
  operands: [{ name: 'action', help: 'what to do', choices: ['check', 'export'] }],
  options: {
    against: {
      type: 'string',
      value: 'REVISION',
      help: 'check: a revision of git',
      default: 'the last release tag, else main, else the commit before'
    },
    json: { type: 'boolean', help: 'check: as JSON' },
    format: {
      type: 'string',
      value: 'FORMAT',
      help: 'export',
      choices: exportFormats
    },
    out: {
      type: 'string',
      value: 'DIR',
      help: 'export: the folder to write into',
      default: 'the output',
      completes: 'folder'
    },
    check: { type: 'boolean', help: 'export: writes nothing, and fails if the folder holds something else' },
    root: { type: 'string', value: 'DIR', help: 'the repository', default: 'this one', completes: 'folder' }
  },
  exits: { 1: 'check: a change that may not go on; export --check: something else is there' },
  examples: [
    'contracts check --against HEAD',
    'contracts export --format asyncapi',
    'contracts export --format markdown --out docs/contracts --check'
  ],
  async run(values) {
    const text = (name: string): string | null => (typeof values[name] === 'string' ? values[name] : null)
    const root = text('root') ?? repoRoot
    const here = await loadContracts(join(root, 'schemas'))
    if (values['action'] === 'check') return check(root, here, text('against'), values['json'] === true)
    if (values['action'] === 'export') return write(root, here, text('format'), text('out'), values['check'] === true)
    throw new UsageError(`expected contracts check or contracts export, found ${String(values['action'] ?? 'neither')}`)
  }
}

async function check(root: string, here: Contracts, against: string | null, json: boolean): Promise<number> {
  const { checkContracts } = await import('../contracts/check-contracts.ts')
  const { findBaseline } = await import('../contracts/find-baseline.ts')
  const { printCheck } = await import('../contracts/print-check.ts')
  const { readDeclarations } = await import('../contracts/read-declarations.ts')
  await using baseline = await findBaseline(root, against)
  if (baseline === null) {
    console.error(notCompared(root, here.all.length))
    if (json) console.log(JSON.stringify({ against: null, ok: true, contracts: [] }))
    return 0
  }
  const { ref, why, commit, dir } = baseline
  const old = dir === null ? [] : (await loadContracts(dir)).all
  const changed = checkContracts(old, here, await readDeclarations(root))
  const ok = changed.every(({ isCompatible, isStepMade }) => isCompatible && isStepMade)
  if (json) {
    console.log(JSON.stringify({ against: { ref, why, commit }, ok, contracts: changed }, null, 2))
  } else {
    const what = changed.length === 0 ? 'nothing changed' : `${changed.length} changed`
    console.log(`${here.all.length} contracts against ${ref} (${why}, ${commit.slice(0, 10)}): ${what}`)
    process.stdout.write(printCheck(changed))
  }
  return ok ? 0 : 1
}

/** A first commit has no baseline, and is right; a shallow clone has none either, and must not look the same as a pass. */
function notCompared(root: string, contracts: number): string {
  return [
    `NOT COMPARED: none of the ${contracts} contracts was held against an earlier revision, and any change of them passes.`,
    `Expected in ${root}: a release tag, main, or a commit before this one; found none (a first commit, a shallow clone, or no repository).`,
    'Name a baseline: contracts check --against REVISION (in a shallow clone after git fetch --unshallow --tags).'
  ].join('\n')
}

async function write(
  root: string,
  here: Contracts,
  wanted: string | null,
  out: string | null,
  isCheck: boolean
): Promise<number> {
  const { exportContracts, joinFiles, staleFiles, writeFiles } = await import('../contracts/export-contracts.ts')
  const format = exportFormats.find((name) => name === wanted)
  if (format === undefined)
    throw new UsageError(`--format: expected ${exportFormats.join(', ')}, found ${wanted ?? 'none'}`)
  if (isCheck && out === null) throw new UsageError('--check needs the folder to look at: --out')
  const files = await exportContracts(format, here, root)
  if (out === null) {
    process.stdout.write(joinFiles(files))
    return 0
  }
  if (!isCheck) {
    await writeFiles(files, resolve(out))
    return 0
  }
  const stale = await staleFiles(files, resolve(out))
  if (stale.length === 0) return 0
  console.error(
    `stale in ${out}: ${stale.join(', ')}; run: npm run sluice -- contracts export --format ${format} --out ${out}`
  )
  return 1
}
