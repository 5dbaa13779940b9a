import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { parse } from 'yaml'
import { toyComposeFile } from '../testing/toy-platform.ts'
import { parseCompose, readCompose } from './read-compose.ts'

const repoRoot = join(import.meta.dirname, '../../..')
const composeFile = join(repoRoot, 'docker-compose.yml')

function problemsOf(text: string): string {
  try {
    parseCompose(text, {})
  } catch (error) {
    return (error as Error).message
  }
  return ''
}

function speedOf(variables: Record<string, string>): string | undefined {
  return readCompose(composeFile, variables).services.get('flight-producer')?.environment['SPEED']
}

describe('docker-compose.yml', () => {
  it("holds to Compose's own schema", () => {
    const schema = JSON.parse(readFileSync(join(repoRoot, 'infra/compose-spec/compose-spec.json'), 'utf8')) as object
    const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false })
    ajv.validate(schema, parse(readFileSync(composeFile, 'utf8'), { merge: true, maxAliasCount: -1 }))
    assert.deepEqual(ajv.errors, null)
  })

  it('can be run without Docker', () => {
    const { services } = readCompose(composeFile, {})
    const ours = [...services.values()].filter((service) => service.ours !== null && service.ours !== 'cli')
    assert.deepEqual(ours.map(({ name }) => name).toSorted(), readdirSync(join(repoRoot, 'services')).toSorted())
    assert.deepEqual(
      [...services.values()].filter(({ isJob }) => isJob).map(({ name }) => name),
      ['secrets', 'topics', 'bucket']
    )
  })

  it('takes settings from outside, in both ways of running it', () => {
    assert.equal(speedOf({}), '600')
    assert.equal(speedOf({ SPEED: '6000' }), '6000')
  })

  it('names no secret', () => {
    for (const { name, environment } of readCompose(composeFile, {}).services.values())
      for (const [setting, value] of Object.entries(environment))
        if (/PASSWORD|SECRET|KEY/.test(setting)) assert.match(value, /^\/secrets\//, `${name}: ${setting}`)
  })
})

describe('the reader of compose files', () => {
  it('refuses a key that it does not know, wherever it is, and names all of them', () => {
    const text = toyComposeFile
      .replace('restart: on-failure:1', 'restart: on-failure:1\n    ipc: host')
      .replace('name: toy', 'name: toy\nsecrets: {}')
      .replace('context: ., args: { SERVICE: job }', 'context: ., ssh: default, args: { SERVICE: job }')
      .replace('worker: { condition: service_healthy }', 'worker: { condition: service_healthy, required: false }')
    const problems = problemsOf(text)
    for (const found of ['services.job: "ipc"', 'top level: "secrets"', 'services.job.build: "ssh"', '"required"'])
      assert.ok(problems.includes(found), `${found} in:\n${problems}`)
  })

  it('ignores by name what means nothing to a process', () => {
    const text = toyComposeFile.replace('restart: on-failure:1', 'restart: on-failure:1\n    cap_drop: [ALL]')
    assert.equal(problemsOf(text), '')
  })

  it('refuses to wait for health where there is no health check', () => {
    const text = toyComposeFile.replaceAll("    healthcheck: { test: [CMD, 'true'] }\n", '')
    assert.match(problemsOf(text), /services\.web\.depends_on: redis has no health check/)
  })

  it('refuses dependencies and volumes that are not there', () => {
    const text = toyComposeFile.replace('redis: { condition', 'valkey: { condition').replace('shared: {}, ', '')
    assert.match(problemsOf(text), /there is no service valkey/)
    assert.match(problemsOf(text), /there is no volume shared/)
  })

  it('refuses a port that is open to the network', () => {
    const text = toyComposeFile.replace('    command: [valkey', "    ports: ['6379:6379']\n    command: [valkey")
    assert.match(problemsOf(text), /services\.redis\.ports: 6379:6379 is not 127\.0\.0\.1/)
  })

  it('reads as many services as there are', () => {
    const text = readFileSync(composeFile, 'utf8')
    const [enricher = ''] = /^ {2}enricher:\n(?: {4}.*\n|\n)+/m.exec(text) ?? []
    const more = Array.from({ length: 30 }, (_, i) => enricher.replace('  enricher:', `  enricher-${i}:`))
    const { services } = parseCompose(text.replace(enricher, `${enricher}${more.join('')}`), {})
    assert.ok(services.has('enricher-29'))
  })

  it('leaves out services with a profile', () => {
    const text = toyComposeFile.replace('  redis:\n', '  redis:\n    profiles: [tools]\n')
    assert.match(problemsOf(text), /there is no service redis/)
  })
})
