/**
 * What the native launcher does with each key of a compose file. A key on neither list is an error: whoever uses a new
 * one decides here what it means without Docker, so that the two ways to run the platform cannot drift apart.
 */
export interface KnownKeys {
  readonly honoured: readonly string[]
  /** Means nothing to plain processes of one user on one machine: isolation, limits, and the containers' own plumbing. */
  readonly ignored: readonly string[]
}

export const topLevelKeys: KnownKeys = {
  honoured: ['name', 'services', 'volumes'],
  ignored: ['networks']
}

export const serviceKeys: KnownKeys = {
  honoured: [
    'build',
    'command',
    'depends_on',
    'environment',
    'healthcheck',
    'image',
    'ports',
    'profiles',
    'restart',
    'stop_grace_period',
    'tmpfs',
    'volumes'
  ],
  ignored: [
    'cap_drop',
    'cpus',
    'develop',
    'init',
    'labels',
    'logging',
    'mem_limit',
    'network_mode',
    'networks',
    'pids_limit',
    'read_only',
    'security_opt',
    'user'
  ]
}

export const buildKeys: KnownKeys = { honoured: ['args'], ignored: ['context', 'dockerfile', 'target', 'labels'] }

/** Natively a part is asked by what it speaks; that it has a health check at all is what `service_healthy` needs. */
export const healthcheckKeys: KnownKeys = {
  honoured: [],
  ignored: ['test', 'interval', 'timeout', 'retries', 'start_period', 'start_interval']
}

export const dependencyKeys: KnownKeys = { honoured: ['condition'], ignored: [] }
export const volumeKeys: KnownKeys = { honoured: [], ignored: ['name', 'labels'] }
