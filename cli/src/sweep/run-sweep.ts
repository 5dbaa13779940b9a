import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDuck, openSweeperStore, sweepLake, type ObjectStoreSettings } from '@sluice/lake'
import { silentLog } from '../json-log.ts'
import { onStopSignal } from '../on-stop-signal.ts'
import { printSwept } from './print-swept.ts'

interface SweepOptions {
  readonly lake: ObjectStoreSettings
  /** Folder of the tables within the bucket. */
  readonly prefix: string
  readonly olderThanMs: number
  readonly isDryRun: boolean
  readonly isJson: boolean
}

/** Sweeps all tables and tells what came of it. Returns the exit code: 1 if anything was left alone. */
export async function runSweep({ lake, prefix, isJson, ...options }: SweepOptions): Promise<number> {
  const workDir = await mkdtemp(join(tmpdir(), 'sluice-sweep-'))
  const store = openSweeperStore(lake)
  const duck = await openDuck({ tempDir: join(workDir, 'duck') })
  const signals = onStopSignal(() => process.exit(1))
  try {
    const deps = { store, duck, workDir, prefix, log: silentLog, now: Date.now }
    const swept = await sweepLake(deps, options, signals.stop)
    console.log(isJson ? JSON.stringify(swept, null, 2) : printSwept(swept, { ...options, prefix }))
    return [...swept.tables, swept.uploads].some(({ problem }) => problem !== null) ? 1 : 0
  } finally {
    signals.dispose()
    await duck.close()
    store.close()
    await rm(workDir, { recursive: true, force: true })
  }
}
