import { join } from 'node:path'
import { startKafka, type KafkaConnection } from './native/kafka.ts'
import type { Say } from './native/paths.ts'
import { startRedis, type RedisConnection } from './native/redis.ts'
import { startS3, type S3Connection } from './native/s3.ts'

/** How to reach one set of servers. Plain data: it travels in `SLUICE_TEST_BACKING`. */
export interface BackingConnections {
  readonly kafka: { readonly settings: KafkaConnection }
  readonly s3: { readonly settings: S3Connection }
  readonly redis: { readonly settings: RedisConnection }
}

export interface BackingSet extends AsyncDisposable {
  readonly connections: BackingConnections
  stop(): Promise<void>
}

/** Kafka, S3 and Redis, started side by side. If one does not start, none is left. */
export async function startBackingSet(options: { readonly dir: string; readonly log?: Say }): Promise<BackingSet> {
  const part = (name: string) => ({
    dir: join(options.dir, name),
    ...(options.log !== undefined && { log: options.log })
  })
  const starts = await Promise.allSettled([startKafka(part('kafka')), startS3(part('s3')), startRedis(part('redis'))])
  const [kafka, s3, redis] = starts
  const stop = async (): Promise<void> => {
    await Promise.all(starts.filter((start) => start.status === 'fulfilled').map((start) => start.value.stop()))
  }
  if (kafka.status === 'rejected' || s3.status === 'rejected' || redis.status === 'rejected') {
    await stop()
    throw starts.find((start) => start.status === 'rejected')?.reason
  }
  const connections = {
    kafka: { settings: kafka.value.settings },
    s3: { settings: s3.value.settings },
    redis: { settings: redis.value.settings }
  }
  return { connections, stop, [Symbol.asyncDispose]: stop }
}
