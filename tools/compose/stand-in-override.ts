/** Of `docker compose config --format json`. */
export interface ComposeConfig {
  readonly services: Readonly<
    Record<
      string,
      { readonly image?: string; readonly build?: { readonly args?: Readonly<Record<string, string | null>> } }
    >
  >
}

interface ServiceOverride {
  image?: string
  pull_policy?: 'never'
  build?: { args?: Record<string, string>; additional_contexts?: Record<string, string> }
}

/**
 * What lets a compose file and a Dockerfile that pin digests run, unmodified, on local images of the same names and
 * tags: an image made here has no digest, and none can be given to it.
 */
export function standInOverride(
  config: ComposeConfig,
  dockerfile: string
): { services: Record<string, ServiceOverride> } {
  const pinned = [...dockerfile.matchAll(/^FROM\s+(?:--\S+\s+)*(\S+@sha256:\S+)/gim)].map((match) => match[1] ?? '')
  const services: Record<string, ServiceOverride> = {}
  for (const [name, { image, build }] of Object.entries(config.services)) {
    const changed: ServiceOverride = {}
    if (build === undefined && image !== undefined)
      Object.assign(changed, { image: tagOf(image), pull_policy: 'never' })
    const args = Object.entries(build?.args ?? {}).flatMap(([key, value]) =>
      value?.includes('@sha256:') ? [[key, tagOf(value)] as const] : []
    )
    const contexts = build === undefined ? [] : pinned.map((from) => [from, `docker-image://${tagOf(from)}`] as const)
    if (args.length > 0 || contexts.length > 0)
      changed.build = {
        ...(args.length > 0 && { args: Object.fromEntries(args) }),
        ...(contexts.length > 0 && { additional_contexts: Object.fromEntries(contexts) })
      }
    if (Object.keys(changed).length > 0) services[name] = changed
  }
  return { services }
}

function tagOf(image: string): string {
  return image.split('@sha256:')[0] ?? image
}
