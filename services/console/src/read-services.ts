import { RefusedError } from '@sluice/events'
import type { ServiceAddress } from './watch-services.ts'

/** `name=host:port` of each service, as the setting lists them. Throws RefusedError with everything that is not that. */
export function readServices(list: readonly string[]): ServiceAddress[] {
  const problems: string[] = []
  const services = list.map((item) => {
    const [, name = '', address = ''] = /^([a-z0-9-]+)=([^\s/:]+:\d{1,5})$/.exec(item) ?? []
    if (name === '') problems.push(`SERVICES holds "${item}", expected name=host:port`)
    return { name, address }
  })
  if (problems.length > 0) throw new RefusedError(problems)
  return services
}
