import { join, resolve } from 'node:path'
import type { ComposeFile, ComposeService } from '../compose/read-compose.ts'
import type { PortMap } from './assign-ports.ts'

/** One process to be: a service of the compose file, or one of its replicas. */
export interface PlannedProcess {
  /** `enricher`, `enricher-2`. */
  readonly id: string
  /** 0 is the first. */
  readonly replica: number
  readonly service: ComposeService
  /** A job runs to its end, a part is someone else's program, a service is ours. */
  readonly kind: 'job' | 'part' | 'service'
  readonly environment: Readonly<Record<string, string>>
  readonly command: readonly string[]
  /** Container port → port here. */
  readonly ports: ReadonlyMap<number, number>
  /** Container path → path here. */
  readonly path: (containerPath: string) => string
}

export interface PlanOptions {
  /** Where the compose file is: what the images of our services are made from. */
  readonly root: string
  readonly dataDir: string
  readonly replicas?: Readonly<Record<string, number>>
}

/** Works out how each service of the file runs as a plain process: its environment, its ports, its folders. */
export function planPlatform(file: ComposeFile, ports: PortMap, options: PlanOptions): readonly PlannedProcess[] {
  const names = [...file.services.keys()]
  return [...file.services.values()].flatMap((service) =>
    Array.from({ length: options.replicas?.[service.name] ?? 1 }, (_, replica): PlannedProcess => {
      const id = processId(service.name, replica)
      const own = ports.of(service.name, replica)
      const path = (containerPath: string) => mapPath(service, id, containerPath, options)
      return {
        id,
        replica,
        service,
        kind: service.isJob ? 'job' : service.ours === null ? 'part' : 'service',
        ports: own,
        path,
        command: service.command.map((word) => (service.ours !== null && word.startsWith('/') ? path(word) : word)),
        environment: service.ours === null ? service.environment : mapEnvironment(service, names, ports, own, path)
      }
    })
  )
}

export function processId(name: string, replica: number): string {
  return replica === 0 ? name : `${name}-${replica + 1}`
}

function mapEnvironment(
  service: ComposeService,
  names: readonly string[],
  ports: PortMap,
  own: ReadonlyMap<number, number>,
  path: (containerPath: string) => string
): Record<string, string> {
  const addresses = new RegExp(`(?<![\\w.-])(${names.join('|')}):(\\d+)`, 'g')
  const map = (name: string, value: string): string => {
    if (name.endsWith('_PORT')) return String(own.get(Number(value)) ?? value)
    // In a container every address means its own network; here it would mean everyone's.
    if (value === '0.0.0.0') return '127.0.0.1'
    if (value.startsWith('/')) return path(value)
    return value.replace(addresses, (_, host: string, port: string) => {
      const here = ports.of(host, 0).get(Number(port))
      if (here === undefined)
        throw new Error(`${service.name}: ${name} names port ${port} of ${host}, which does not listen there`)
      return `127.0.0.1:${here}`
    })
  }
  const mapped = Object.entries(service.environment).map(([name, value]) => [name, map(name, value)])
  // Here whoever refuses exits with 78, and is not started again.
  return { ...Object.fromEntries(mapped), ...('ON_REFUSED' in service.environment && { ON_REFUSED: 'exit' }) }
}

function mapPath(service: ComposeService, id: string, path: string, { root, dataDir }: PlanOptions): string {
  const mount = service.mounts
    .filter(({ target }) => path === target || path.startsWith(`${target}/`))
    .toSorted((a, b) => b.target.length - a.target.length)[0]
  if (mount !== undefined) {
    const rest = path.slice(mount.target.length + 1)
    const base = {
      volume: join(dataDir, 'volumes', mount.source),
      bind: resolve(root, mount.source),
      tmpfs: join(dataDir, 'tmp', id, mount.target)
    }[mount.kind]
    return join(base, rest)
  }
  // What the image holds is this repository.
  if (path === '/app' || path.startsWith('/app/')) return join(root, path.slice('/app'.length))
  throw new Error(`${service.name}: ${path} is in none of its volumes, nor in the image (/app)`)
}
