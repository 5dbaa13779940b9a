import { run } from '@sluice/service'
import { enricher } from './service.ts'

await run(enricher)
