import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { settingsTable, type Settings } from '@sluice/service'

const run = promisify(execFile)

/** Rendered files as they have to be: formatted like all others, the table of settings in the README. */
export async function finishService(root: string, files: ReadonlyMap<string, string>): Promise<Map<string, string>> {
  const dir = await mkdtemp(join(tmpdir(), 'sluice-new-'))
  try {
    await copyFile(join(root, '.oxfmtrc.json'), join(dir, '.oxfmtrc.json'))
    for (const [path, text] of files) {
      await mkdir(dirname(join(dir, path)), { recursive: true })
      await writeFile(join(dir, path), text)
    }
    await run(join(root, 'node_modules/.bin/oxfmt'), ['.'], { cwd: dir })
    const finished = new Map<string, string>()
    for (const path of files.keys()) finished.set(path, await readFile(join(dir, path), 'utf8'))
    const readme = finished.get('README.md') ?? ''
    const table = settingsTable(await settingsOf(dir, finished.get('config.ts') ?? ''))
    return finished.set('README.md', readme.replace('<!-- settings -->\n', `<!-- settings -->\n${table}\n`))
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

/** Runs the declaration where it is: the packages that it imports are found from here. */
async function settingsOf(dir: string, config: string): Promise<Settings> {
  const file = join(dir, 'settings.ts')
  const found = config.replaceAll(
    /from '(@sluice\/[a-z-]+)'/g,
    (_, name: string) => `from '${import.meta.resolve(name)}'`
  )
  await writeFile(file, found)
  const { settings } = (await import(pathToFileURL(file).href)) as { settings: Settings }
  return settings
}
