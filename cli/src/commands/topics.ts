import { randomUUID } from 'node:crypto'
import { loadTopics } from '@sluice/contracts'
import { ensureTopics, openKafka } from '@sluice/kafka'
import { contractsSettings, defineSettings, kafkaSettings, kafkaSettingsOf, readSettings } from '@sluice/service'
import { createJsonLog } from '../json-log.ts'
import { retryWhileUnavailable } from '../retry-while-unavailable.ts'
import type { Command } from '../command.ts'

export const settings = defineSettings({ ...kafkaSettings, ...contractsSettings })

export const topics: Command = {
  name: 'topics',
  summary: 'makes the topics of schemas/topics.yaml, or says how those that are there differ',
  options: {},
  exits: { 78: 'set up in a way that must not run, or topics that differ' },
  examples: ['topics'],
  async run() {
    const values = readSettings(settings, process.env)
    const log = createJsonLog('topics')
    const kafka = openKafka(kafkaSettingsOf(values, 'topics'), { log })
    const specs = await loadTopics(values.SCHEMAS_DIR)
    await retryWhileUnavailable(() => ensureTopics(kafka, specs, { log, newId: randomUUID }), {
      timeoutMs: 60_000,
      onRetry: (error) => log.warn({ dependency: error.dependency, reason: error.message }, 'waiting')
    })
    log.info({ topics: Object.values(specs).map(({ name }) => name) }, 'topics are as they should be')
    return 0
  }
}
