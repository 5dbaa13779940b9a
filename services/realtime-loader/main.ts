import { run } from '@sluice/service'
import { realtimeLoader } from './service.ts'

await run(realtimeLoader)
