import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import type { Log } from '@sluice/events'

const serviceDir = resolve(import.meta.dirname, '..')

/** The built page: made from `web/` by build-page.ts, into an image or before the first start of a checkout. */
export const pageDir = join(serviceDir, 'web/dist')
export const stampFile = join(pageDir, 'built-from')

/** Digest of everything that the page is made from. */
export function sourcesDigest(): string {
  const hash = createHash('sha256')
  const files = globSync(['web/**/*.{ts,tsx,css,html,svg,js}', 'src/wire/*.ts', 'build-page.ts', 'package.json'], {
    cwd: serviceDir,
    exclude: (name) => name === 'dist' || name === 'node_modules'
  })
  for (const file of files.toSorted()) hash.update(file).update(readFileSync(join(serviceDir, file)))
  return hash.digest('hex').slice(0, 16)
}

/** Builds the page where it is missing or older than its sources. An image holds it built, and no tool to build it. */
export async function buildPageIfStale(log: Log): Promise<void> {
  if (!existsSync(join(serviceDir, 'web/main.tsx'))) return
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === sourcesDigest()) return
  const began = performance.now()
  try {
    // In a process of its own: what a build takes of memory is not given back.
    await promisify(execFile)(process.execPath, [join(serviceDir, 'build-page.ts')], { cwd: serviceDir })
    log.info({ tookMs: Math.round(performance.now() - began) }, 'page built')
  } catch (error) {
    log.warn({ err: error }, 'the page cannot be built here; what there is of it is served')
  }
}
