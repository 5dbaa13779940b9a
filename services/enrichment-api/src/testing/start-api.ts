import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Feature } from '@sluice/inference/client'
import { writeTestModel, type TestModel } from '@sluice/inference/testing'
import { runForTest, type RunningForTest } from '@sluice/service/testing'
import { waitFor } from '@sluice/testkit'
import { service } from '../../service.ts'

const features: Feature[] = [
  { name: 'size', pointer: '/data/size', transform: 'number' },
  { name: 'kind', pointer: '/data/kind', transform: 'code', vocabulary: ['a', 'b'] }
]

/** A logistic regression with two features. */
export const likely: TestModel = {
  name: 'likely',
  version: '1',
  features,
  weights: [0.5, -1],
  events: [{ data: { size: 1, kind: 'a' } }, { data: {} }]
}

/** Versions 1, 9 and 10 differ in their weights, so that a score tells which one gave it. */
export const likelyVersions: TestModel[] = [
  likely,
  { ...likely, version: '9', weights: [2, 0] },
  { ...likely, version: '10', weights: [-1, 1] }
]

export interface RunningApi extends AsyncDisposable {
  readonly running: RunningForTest
  /** `http://127.0.0.1:…` */
  readonly restUrl: string
  /** `127.0.0.1:…` */
  readonly grpcAddress: string
  readonly grpcPort: number
}

/** Starts the service within this process, with these models and on free ports unless told otherwise. */
export async function startApi(
  models: readonly TestModel[] = likelyVersions,
  env: Readonly<Record<string, string>> = {}
): Promise<RunningApi> {
  const dir = await mkdtemp(join(tmpdir(), 'api-'))
  for (const model of models) await writeTestModel(dir, model)
  const ports = { HTTP_HOST: '127.0.0.1', HTTP_PORT: '0', GRPC_PORT: '0' }
  const running = await runForTest(service, { ...ports, MODELS_DIR: dir, ...env })
  const listening = await waitFor('the API listens', () => running.lines.find(({ msg }) => msg === 'listening'), {
    timeoutMs: 10_000
  })
  const { httpPort, grpcPort } = listening as unknown as { httpPort: number; grpcPort: number }
  return {
    running,
    restUrl: `http://127.0.0.1:${httpPort}`,
    grpcAddress: `127.0.0.1:${grpcPort}`,
    grpcPort,
    async [Symbol.asyncDispose]() {
      await running.stop()
      await rm(dir, { recursive: true })
    }
  }
}
