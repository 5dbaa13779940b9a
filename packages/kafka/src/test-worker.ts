import { openAt } from './test-support.ts'
import { start, type Run } from './test-transform.ts'

/* A transform in a process of its own, to be killed, paused and told to stop. Says what it commits. */

const { brokers, like, sessionTimeoutMs } = JSON.parse(process.argv[2] ?? '') as {
  brokers: string[]
  like: Pick<Run, 'topics' | 'group'>
  sessionTimeoutMs: number
}
const run = await start(
  openAt(brokers),
  {
    sessionTimeoutMs,
    maxBatchRecords: 25,
    onCommitted: ({ partition, outcomes }) => process.send?.({ partition, count: outcomes.length })
  },
  like
)
process.on('SIGTERM', () => {
  void run.running.stop().then(() => process.exit(0))
})
await run.running.done
