import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isAlive } from '@sluice/testkit'
import { dataDirOf, dataDirOption } from '../data-dir.ts'
import { readInstance, type InstanceState } from '../platform/instance.ts'
import type { Command } from '../command.ts'

/** Variable → service and container port. */
const addresses: Readonly<Record<string, readonly [string, number]>> = {
  COLLECTOR: ['collector', 8080],
  COLLECTOR_GRPC: ['collector', 8081],
  MODELS: ['enrichment-api', 8000],
  MODELS_GRPC: ['enrichment-api', 8001],
  KAFKA: ['kafka', 19092],
  METRICS: ['collector', 9101],
  CONSOLE: ['console', 3000]
}

export const env: Command = {
  name: 'env',
  summary: 'prints where the platform that runs is, and its credentials, for a shell to evaluate',
  options: { 'data-dir': dataDirOption },
  exits: { 1: 'nothing runs' },
  examples: ['env', 'env --data-dir .sluice/learn'],
  async run(values) {
    const dataDir = dataDirOf(values['data-dir'])
    const instance = readInstance(dataDir)
    if (instance === null || !isAlive(instance.launcher))
      throw new Error(`nothing runs on ${dataDir}; npm start starts it`)
    for (const [name, value] of Object.entries(variablesOf(instance)))
      console.log(`export ${name}='${value.replaceAll("'", String.raw`'\''`)}'`)
    return 0
  }
}

/** What clients need: the names are those of docs/clients.md. */
function variablesOf(instance: InstanceState): Readonly<Record<string, string>> {
  const at = (service: string, container: number): string | null => {
    const port = instance.processes.find((one) => one.service === service)?.ports[container]
    return port === undefined ? null : `127.0.0.1:${port}`
  }
  const secrets = join(instance.dataDir, 'volumes/secrets')
  const read = (name: string): string => {
    try {
      return readFileSync(join(secrets, name), 'utf8').trim()
    } catch {
      return ''
    }
  }
  const aws = read('aws-credentials')
  const redis = at('redis', 6379)
  const s3 = at('s3', 8333)
  const found: Readonly<Record<string, string | null>> = {
    SLUICE_DATA_DIR: instance.dataDir,
    SECRETS: secrets,
    KEY: read('api-key-demo'),
    ...Object.fromEntries(Object.entries(addresses).map(([name, [service, port]]) => [name, at(service, port)])),
    REDIS: redis && `redis://${redis}`,
    REDISCLI_AUTH: read('redis-password'),
    AWS_ENDPOINT_URL: s3 && `http://${s3}`,
    AWS_ACCESS_KEY_ID: /^aws_access_key_id *= *(\S+)$/m.exec(aws)?.[1] ?? '',
    AWS_SECRET_ACCESS_KEY: /^aws_secret_access_key *= *(\S+)$/m.exec(aws)?.[1] ?? '',
    AWS_REGION: 'us-east-1',
    AWS_ALLOW_HTTP: 'true'
  }
  return Object.fromEntries(Object.entries(found).flatMap(([name, value]) => (value ? [[name, value]] : [])))
}
