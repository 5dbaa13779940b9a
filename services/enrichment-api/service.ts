import { openModels } from '@sluice/inference'
import { defineService, serverTlsOf } from '@sluice/service'
import { settings } from './config.ts'
import { checkModels } from './src/check-models.ts'
import { createScore } from './src/score.ts'
import { listenGrpc } from './src/listen-grpc.ts'
import { listenRest } from './src/listen-rest.ts'

export const service = defineService({
  name: 'enrichment-api',
  settings,
  async start({ settings, log, metrics, stack, version, tick, fail }) {
    const models = stack.use(await openModels(settings.MODELS_DIR), 'models')
    for (const { info } of models.all) {
      log.info({ model: info.name, version: info.version, sha256: info.sha256 }, 'model loaded')
    }
    const score = createScore({ models, metrics, maxPending: settings.MAX_PENDING })
    const deps = { models, score, version, log }
    const at = { host: settings.HTTP_HOST, tls: serverTlsOf(settings) }
    const rest = stack.use(await listenRest({ ...at, port: settings.HTTP_PORT }, deps), 'rest')
    const grpcAt = { ...at, port: settings.GRPC_PORT, reflection: settings.GRPC_REFLECTION }
    const grpc = stack.use(await listenGrpc(grpcAt, deps), 'grpc')
    stack.use(checkModels({ models, tick, fail }), 'check of the models')
    log.info({ httpPort: rest.port, grpcPort: grpc.port }, 'listening')
    return { problems: () => [] }
  }
})
