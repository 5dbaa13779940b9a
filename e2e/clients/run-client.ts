import { spawn } from 'node:child_process'
import { delimiter, join } from 'node:path'
import type { Platform } from '@sluice/cli'
import type { Report } from '../ask-oracle.ts'
import type { UnderTest } from '../replay.ts'
import type { Block } from './read-blocks.ts'
import type { Clients } from './prepare-clients.ts'

export interface Runner {
  /** Runs a block of the page as its reader would, and returns what it prints. */
  block(block: Pick<Block, 'language' | 'code'>): Promise<string>
  /** Runs a Python script of this folder, which prints one JSON document. */
  python<T>(script: string, args: readonly string[], input?: unknown): Promise<T>
}

/** What the tests of the clients share: one platform, two days of 2013 landed in it. */
export interface Shared {
  readonly run: UnderTest
  readonly runner: Runner
  /** What the oracle has seen before any client wrote. */
  readonly report: Report
}

/** Native threads of delta-rs and others may abort the interpreter while it ends, after all has been said. */
const endAtOnce = '\nimport os, sys\nsys.stdout.flush()\nos._exit(0)\n'

/** Runs clients against a platform, with the variables that the page explains. */
export function createRunner(platform: Platform, clients: Clients, setup: string): Runner {
  const { dir: secrets } = platform.credentials()
  const env = {
    ...process.env,
    PATH: [...clients.path, process.env['PATH']].join(delimiter),
    HOME: clients.home,
    SECRETS: secrets,
    COLLECTOR: platform.address('collector', 8080),
    COLLECTOR_GRPC: platform.address('collector', 8081),
    MODELS: platform.address('enrichment-api', 8000),
    MODELS_GRPC: platform.address('enrichment-api', 8001),
    KAFKA: platform.address('kafka', 19092),
    REDIS: `redis://${platform.address('redis', 6379)}`,
    S3: `http://${platform.address('s3', 8333)}`,
    METRICS: `127.0.0.1:${platform.adminPort('collector')}`
  }
  const commands = { sh: 'bash -eo pipefail', python: 'python3 -', js: 'node --input-type=module -' }

  /** Code goes in as standard input, after the variables of the page have been set. */
  function run(command: string, args: readonly string[], input: string): Promise<string> {
    const child = spawn('bash', ['-ec', `${setup}\nexec ${command}`, 'client', ...args], {
      cwd: join(import.meta.dirname, '..'), // where Node finds the SDK
      env,
      timeout: 60_000
    })
    return new Promise((resolve, reject) => {
      let out = ''
      let err = ''
      child.stdout.on('data', (chunk) => (out += chunk))
      child.stderr.on('data', (chunk) => (err += chunk))
      child.on('error', reject)
      child.on('close', (code, signal) => {
        if (code === 0) resolve(out)
        else reject(new Error(`${command} ${args.join(' ')} ended with ${code ?? signal}: ${err}${out}`))
      })
      child.stdin.on('error', () => undefined) // it ended without reading
      child.stdin.end(input)
    })
  }

  return {
    block: ({ language, code }) => run(commands[language], [], language === 'python' ? code + endAtOnce : code),
    async python<T>(script: string, args: readonly string[], input: unknown = null) {
      const path = join(import.meta.dirname, script)
      return JSON.parse(await run('python3 "$@"', [path, ...args], JSON.stringify(input))) as T
    }
  }
}
