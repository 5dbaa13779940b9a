import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDuck, openSweeperStore, sweepLake, type SweptLake } from '@sluice/lake'
import type { Lab } from './lab.ts'
import { silentLog } from './silent-log.ts'

/** Sweeps the lake of a platform that nobody sends to: however young a file is, nobody will commit it. */
export async function sweepQuiet(lab: Lab, { isDryRun }: { readonly isDryRun: boolean }): Promise<SweptLake> {
  const { accessKeyId, secretAccessKey, ...where } = lab.platform.credentials().s3
  const workDir = await mkdtemp(join(tmpdir(), 'sluice-sweep-'))
  const store = openSweeperStore({ ...where, forcePathStyle: true, credentials: { accessKeyId, secretAccessKey } })
  const duck = await openDuck({ tempDir: join(workDir, 'duck') })
  try {
    const deps = { store, duck, workDir, prefix: 'bronze', log: silentLog, now: Date.now }
    return await sweepLake(deps, { olderThanMs: 0, isDryRun })
  } finally {
    await duck.close()
    store.close()
    await rm(workDir, { recursive: true, force: true })
  }
}
