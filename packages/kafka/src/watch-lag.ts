import { fetchCommitted, rangesOf } from './admin.ts'
import type { Kafka } from './client.ts'
import { keepConnection } from './keep-connection.ts'
import type { PartitionLag } from './types.ts'

/** Asks again and again how far a group is in a topic, on connections that it keeps. Disposing cuts them. */
export interface LagWatch extends Disposable {
  /**
   * What the group has committed against the ends of the logs, for every partition, in their order. A lag of 1 may be a
   * control record: what a service of ours reports itself is exact. Throws UnavailableError. One call at a time.
   */
  ask(): Promise<readonly PartitionLag[]>
}

/** Connects on first use; after any trouble anew on the next. */
export function watchLag(kafka: Kafka, group: string, topic: string): LagWatch {
  const connection = keepConnection(kafka, `asking how far ${group} is in ${topic}`, async (client) => {
    const cluster = client.cluster()
    await cluster.connect()
    return cluster
  })
  return {
    ask: () =>
      connection.use(async (cluster) => {
        const ranges = await rangesOf(cluster, topic)
        const committed = await fetchCommitted(cluster, group, topic, [...ranges.keys()])
        return [...ranges].map(([partition, { start, end }]) => {
          const position = committed.get(partition) ?? null
          return { partition, start, end, committed: position, lag: Number(end - (position ?? start)) }
        })
      }),
    [Symbol.dispose]: () => connection.close()
  }
}
