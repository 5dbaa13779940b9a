import { existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { withLock } from './lock.ts'
import { nativeDir, type Say } from './paths.ts'
import { findCommand } from './run.ts'
import { installSystemPackage } from './system-packages.ts'

/**
 * Path of a `redis-server` program. Debian's package of that name would also start one at boot, on the very port that the
 * platform uses; `redis-tools` has the same program under the name of one of its modes, chosen by the name it is called by.
 */
export async function installRedis(say: Say): Promise<string> {
  const found = findCommand('redis-server') ?? findCommand('valkey-server')
  if (found !== null) return found
  return withLock(join(nativeDir, 'redis.lock'), 'installing Redis', say, async () => {
    if (findCommand('redis-check-rdb') === null) await installSystemPackage('Redis', ['redis-tools'], say)
    const checkRdb = findCommand('redis-check-rdb')
    if (checkRdb === null) throw new Error('redis-tools is installed, but there is no redis-check-rdb')
    const link = join(nativeDir, 'redis/redis-server')
    mkdirSync(join(nativeDir, 'redis'), { recursive: true })
    if (!existsSync(link)) symlinkSync(checkRdb, link)
    return link
  })
}
