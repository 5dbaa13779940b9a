import { run } from '@sluice/service'
import { service } from './service.ts'

await run(service)
