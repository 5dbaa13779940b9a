// Not the whole of the lake: the image of the jobs has no DuckDB.
import { ensureBucket } from '@sluice/lake/bucket'
import { defineSettings, readSettings, s3Settings } from '@sluice/service'
import { createJsonLog } from '../json-log.ts'
import { retryWhileUnavailable } from '../retry-while-unavailable.ts'
import type { Command } from '../command.ts'

export const settings = defineSettings(s3Settings)

export const bucket: Command = {
  name: 'bucket',
  summary: 'makes the bucket of the lake if it is not there',
  options: {},
  exits: { 78: 'set up in a way that must not run' },
  examples: ['bucket'],
  async run() {
    const values = readSettings(settings, process.env)
    const log = createJsonLog('bucket')
    const where = {
      endpoint: values.S3_ENDPOINT ?? null,
      region: values.S3_REGION,
      forcePathStyle: values.S3_FORCE_PATH_STYLE,
      bucket: values.S3_BUCKET
    }
    const made = await retryWhileUnavailable(() => ensureBucket(where), {
      timeoutMs: 60_000,
      onRetry: (error) => log.warn({ dependency: error.dependency, reason: error.message }, 'waiting')
    })
    log.info({ bucket: where.bucket, made }, made ? 'bucket made' : 'bucket is there')
    return 0
  }
}
