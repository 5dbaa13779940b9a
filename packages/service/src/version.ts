import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** The folder that holds `packages/` and `services/`: the checkout, or `/app` in an image. */
export const repositoryRoot = resolve(import.meta.dirname, '../../..')

/** `0.1.0`, or `0.1.0+4f2a9c1` where the commit is known. */
export function versionOf(gitSha: string | undefined): string {
  const manifest = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8')) as { version: string }
  return gitSha === undefined ? manifest.version : `${manifest.version}+${gitSha.slice(0, 7)}`
}
