import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The contracts of another revision, in a folder of their own until it is disposed of. */
export interface Baseline extends AsyncDisposable {
  readonly ref: string
  /** Why this one: `the last release tag`. */
  readonly why: string
  readonly commit: string
  /** Null: that revision has no contracts. */
  readonly dir: string | null
}

/**
 * The revision that contracts are compared with: the one that is named, else the last release tag, else main, else the
 * commit before. Null: the repository has no other revision, or is no repository. Throws at a name that git does not know.
 */
export async function findBaseline(root: string, named: string | null): Promise<Baseline | null> {
  const git = async (...args: string[]): Promise<string> =>
    (await run('git', args, { cwd: root, maxBuffer: 1 << 26 })).stdout.trim()
  const commitOf = (ref: string): Promise<string | null> =>
    git('rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`).catch(() => null)

  if (named !== null) {
    const commit = await commitOf(named)
    if (commit === null)
      throw new Error(`git knows no revision ${named} here; a shallow clone has few (git fetch --unshallow)`)
    return extract(named, 'as asked', commit)
  }
  const head = await commitOf('HEAD')
  const tag = await git('describe', '--tags', '--abbrev=0', '--match', 'v[0-9]*').catch(() => null)
  for (const [ref, why] of [
    [tag, 'the last release tag'],
    ['main', 'there is no release tag'],
    ['origin/main', 'there is no release tag'],
    ['HEAD~', 'there is no release tag and this is main']
  ] as const) {
    const commit = ref === null ? null : await commitOf(ref)
    // Main compared with itself would say nothing of its last commit.
    if (ref !== null && commit !== null && (ref === tag || commit !== head)) return extract(ref, why, commit)
  }
  return null

  async function extract(ref: string, why: string, commit: string): Promise<Baseline> {
    const dir = await mkdtemp(join(tmpdir(), 'sluice-contracts-'))
    const names = (await git('ls-tree', '--name-only', commit, 'schemas/')).split('\n')
    const files = names.filter((name) => /\.(?:json|yaml)$/.test(name))
    await mkdir(join(dir, 'schemas'))
    for (const name of files) {
      const { stdout } = await run('git', ['show', `${commit}:${name}`], {
        cwd: root,
        encoding: 'buffer',
        maxBuffer: 1 << 26
      })
      await writeFile(join(dir, 'schemas', basename(name)), stdout)
    }
    return {
      ref,
      why,
      commit,
      dir: files.some((name) => name.endsWith('.json')) ? join(dir, 'schemas') : null,
      [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true })
    }
  }
}
