import { insertBefore, insertBehind } from './edit-text.ts'
import type { KindName } from './kinds.ts'
import { render } from './render.ts'

export interface ComposeChange {
  readonly text: string
  /** What a template has to know of its place in the platform. */
  readonly values: Readonly<Record<string, string>>
}

const file = 'docker-compose.yml'

/** The compose file with a service more, like its neighbours, and with the console watching it. */
export function changeCompose(
  compose: string,
  { name, kind }: { readonly name: string; readonly kind: KindName }
): ComposeChange {
  const values = {
    adminPort: String(highest(compose, /ADMIN_PORT: '(\d+)'/g) + 1),
    database: String(highest(compose, /redis:\/\/redis:6379\/(\d+)/g) + 1)
  }
  const stanza = render(stanzas[kind], { ...values, name })
  const added = insertBefore(file, compose, stanza, { anchor: 'networks:', after: '\nservices:' })
  const watched = insertBehind(file, added, `,${name}=${name}:${values.adminPort}`, /(?<==[a-z-]+:)9\d{3}(?=\n)/)
  const volume = kind === 'producer' ? `  ${name}: {}\n` : ''
  return { text: insertBehind(file, watched, volume, /\nvolumes:\n(?: {2}\S.*\n)*/), values }
}

function highest(text: string, pattern: RegExp): number {
  return Math.max(0, ...[...text.matchAll(pattern)].map(([, number]) => Number(number)))
}

const stanzas: Readonly<Record<KindName, string>> = {
  sink: `  {{name}}:
    <<: *service
    image: sluice/{{name}}:0.1.0
    build: { context: ., dockerfile: infra/service.Dockerfile, args: { SERVICE: {{name}}, GIT_SHA: '\${GIT_SHA:-}' } }
    develop:
      watch:
        - { action: rebuild, path: services/{{name}}, ignore: ['**/node_modules', '**/*.test.ts'] }
        - *packages
        - *schemas
        - *lockfile
    environment:
      <<: [*runtime, *kafka, *contracts]
      NODE_OPTIONS: --max-old-space-size=160 --max-semi-space-size=8
      ADMIN_PORT: '{{adminPort}}'
      GROUP_ID: {{name}}
      # A database of its own: the positions of a sink are beside its keys.
      REDIS_URL: redis://redis:6379/{{database}}
      REDIS_PASSWORD_FILE: /secrets/redis-password
      ACCEPT_NEW_LOG: \${ACCEPT_NEW_LOG:-false}
    volumes: ['secrets:/secrets:ro']
    networks: [bus, store]
    mem_limit: 384m
    depends_on:
      topics: { condition: service_completed_successfully }
      redis: { condition: service_healthy }

`,
  producer: `  {{name}}:
    <<: *service
    image: sluice/{{name}}:0.1.0
    build: { context: ., dockerfile: infra/service.Dockerfile, args: { SERVICE: {{name}}, GIT_SHA: '\${GIT_SHA:-}' } }
    develop:
      watch:
        - { action: rebuild, path: services/{{name}}, ignore: ['**/node_modules', '**/*.test.ts'] }
        - *packages
        - *lockfile
    environment:
      <<: *runtime
      NODE_OPTIONS: --max-old-space-size=96 --max-semi-space-size=4
      ADMIN_PORT: '{{adminPort}}'
      COLLECTOR_URL: http://collector:8080
      API_KEY_FILE: /secrets/api-key-{{name}}
      STATE_DIR: /state
    volumes: ['secrets:/secrets:ro', '{{name}}:/state']
    networks: [edge]
    mem_limit: 256m
    depends_on:
      secrets: { condition: service_completed_successfully }
      collector: { condition: service_healthy }

`
}
