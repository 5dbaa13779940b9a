import { run } from '@sluice/service'
import { batchLoader } from './service.ts'

await run(batchLoader)
