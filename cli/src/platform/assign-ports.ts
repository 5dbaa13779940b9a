import { freePort } from '@sluice/testkit'
import type { ComposeFile, ComposeService } from '../compose/read-compose.ts'
import type { Variables } from '../compose/interpolate.ts'
import { containerPortsOfPart } from './native-parts.ts'
import { processId } from './plan.ts'

/** Where everything listens on this machine. */
export interface PortMap {
  /** Container port → port here. */
  of(service: string, replica: number): ReadonlyMap<number, number>
  readonly all: readonly AssignedPort[]
}

interface AssignedPort {
  readonly id: string
  readonly container: number
  readonly port: number
  /** The setting that moves it. */
  readonly setting: string
}

export interface PortOptions {
  /** `default`: the numbers of the compose file. `free`: whatever is free. */
  readonly ports?: 'default' | 'free'
  readonly portOffset?: number
  readonly replicas?: Readonly<Record<string, number>>
  readonly variables?: Variables
}

/**
 * Gives every port of the compose file one of this machine, each only once: the published one, else the container's own.
 * `SLUICE_PORT_<SERVICE>_<PORT>` moves one, the offset moves all; replicas take the next numbers above.
 */
export async function assignPorts(file: ComposeFile, options: PortOptions = {}): Promise<PortMap> {
  const { ports: mode = 'default', portOffset = 0, replicas = {}, variables = {} } = options
  const all: AssignedPort[] = []
  const maps = new Map<string, Map<number, number>>()
  let next = 0

  for (const replica of Array.from({ length: Math.max(1, ...Object.values(replicas)) }, (_, index) => index)) {
    for (const service of file.services.values()) {
      if (replica >= (replicas[service.name] ?? 1)) continue
      const map = new Map<number, number>()
      for (const [container, same] of containerPorts(service)) {
        // Kafka has a listener for the bus and one for this machine; here both are the same.
        if (same !== container) continue
        const id = processId(service.name, replica)
        const setting = `SLUICE_PORT_${id.toUpperCase().replaceAll('-', '_')}_${container}`
        const port = await choose(service, container, replica, setting)
        map.set(container, port)
        all.push({ id, container, port, setting })
      }
      for (const [container, same] of containerPorts(service)) map.set(container, map.get(same) ?? container)
      maps.set(processId(service.name, replica), map)
    }
    next = Math.max(next, ...all.map(({ port }) => port)) + 1
  }
  checkUnique(all)
  return { all, of: (service, replica) => maps.get(processId(service, replica)) ?? new Map() }

  async function choose(service: ComposeService, container: number, replica: number, setting: string): Promise<number> {
    const moved = variables[setting]
    if (moved !== undefined && moved !== '') return checkPort(setting, Number(moved))
    if (mode === 'free') return freePort()
    if (replica > 0) return next++
    const published = service.ports.find((port) => port.container === container)?.host ?? container
    return checkPort(`port ${published} of ${service.name} moved by ${portOffset}`, published + portOffset)
  }
}

/** Container ports of a service, each with the one it shares its listener with (usually itself). */
function containerPorts(service: ComposeService): ReadonlyMap<number, number> {
  if (service.ours === null) return containerPortsOfPart(service)
  const own = Object.entries(service.environment).filter(
    ([name, value]) => name.endsWith('_PORT') && /^\d+$/.test(value)
  )
  return new Map(own.map(([, value]) => [Number(value), Number(value)]))
}

function checkPort(what: string, port: number): number {
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port
  throw new Error(`${what}: ${port} is not a port, expected 1 to 65535`)
}

function checkUnique(all: readonly AssignedPort[]): void {
  const problems = all.flatMap((port, index) => {
    const other = all.slice(0, index).find((earlier) => earlier.port === port.port)
    return other === undefined
      ? []
      : [`port ${port.port} is given to both ${other.id} and ${port.id}: set ${port.setting}`]
  })
  if (problems.length > 0) throw new Error(problems.join('\n'))
}
