import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder with a compose file and services of a few lines, which stand for ours. */
export interface ToyPlatform extends Disposable {
  readonly composeFile: string
  readonly dataDir: string
}

/** Answers /readyz, writes a line into its volume, and ends as its environment says. */
const toyService = `
import { appendFileSync, existsSync } from 'node:fs'
import { createServer } from 'node:http'
appendFileSync(process.env.VOLUME + '/lives', process.env.NAME + '\\n')
if (process.env.REFUSES) { console.error('refused: ' + process.env.REFUSES); process.exit(78) }
process.on('SIGTERM', () => {
  appendFileSync(process.env.VOLUME + '/ends', process.env.NAME + '\\n')
  setTimeout(() => process.exit(0), 300)
})
createServer((request, answer) => {
  const reasons = existsSync(process.env.VOLUME + '/unready') ? ['told so'] : []
  answer.writeHead(reasons.length === 0 ? 200 : 503).end(JSON.stringify({ ready: reasons.length === 0, reasons }))
}).listen(Number(process.env.ADMIN_PORT), process.env.ADMIN_HOST)
`

const toyJob = `
import { appendFileSync, writeFileSync } from 'node:fs'
appendFileSync(process.env.VOLUME + '/lives', process.env.NAME + '\\n')
writeFileSync(process.env.VOLUME + '/redis.conf', 'requirepass secret\\nappendonly yes\\n')
if (process.env.FAILS) { console.error('failed: ' + process.env.FAILS); process.exit(3) }
`

export const toyComposeFile = `
name: toy
x-toy: &toy
  image: toy:1
  restart: unless-stopped
  stop_grace_period: 5s
  volumes: ['shared:/shared']
  healthcheck: { test: [CMD, 'true'] }
services:
  web:
    <<: *toy
    build: { context: ., args: { SERVICE: toy } }
    environment: { NAME: web, VOLUME: /shared, ADMIN_HOST: 0.0.0.0, ADMIN_PORT: '9201', REDIS_URL: redis://redis:6379, PEER: 'worker:9202' }
    depends_on:
      worker: { condition: service_healthy }
      redis: { condition: service_healthy }
  worker:
    <<: *toy
    build: { context: ., args: { SERVICE: toy } }
    environment: { NAME: worker, VOLUME: /shared, ADMIN_HOST: 0.0.0.0, ADMIN_PORT: '9202', REFUSES: '\${WORKER_REFUSES:-}' }
    depends_on: { job: { condition: service_completed_successfully } }
  job:
    <<: *toy
    restart: on-failure:1
    build: { context: ., args: { SERVICE: job } }
    environment: { NAME: job, VOLUME: /shared, FAILS: '\${JOB_FAILS:-}' }
  redis:
    image: valkey/valkey:9
    command: [valkey-server, /shared/redis.conf, --port, '6379', --dir, /data]
    restart: unless-stopped
    volumes: ['shared:/shared', 'redis:/data']
    healthcheck: { test: [CMD, 'true'] }
    depends_on: { job: { condition: service_completed_successfully } }
volumes: { shared: {}, redis: {} }
`

export function makeToyPlatform(): ToyPlatform {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-toy-'))
  for (const [name, text] of [
    ['toy', toyService],
    ['job', toyJob]
  ] as const) {
    mkdirSync(join(dir, 'services', name), { recursive: true })
    writeFileSync(join(dir, 'services', name, 'main.ts'), text)
  }
  writeFileSync(join(dir, 'package.json'), '{"type":"module"}')
  writeFileSync(join(dir, 'docker-compose.yml'), toyComposeFile)
  return {
    composeFile: join(dir, 'docker-compose.yml'),
    dataDir: join(dir, 'kept'),
    [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true })
  }
}
