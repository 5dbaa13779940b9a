import { run } from '@sluice/service'
import { collector } from './service.ts'

await run(collector)
