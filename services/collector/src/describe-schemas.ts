import type { Contracts } from '@sluice/contracts'

/** What `GET /v1/schemas` answers, and `/v1/schemas/<type>` for each event type: the list, and each schema as its file has it. */
export function describeSchemas({ all }: Contracts): ReadonlyMap<string, object> {
  const schemas = all.map(({ type, version, dataschema, title, owner }) => {
    return { type, version, dataschema, title, owner, url: pathOf(type) }
  })
  return new Map<string, object>([
    ['/v1/schemas', { schemas }],
    ...all.map(({ type, schema }) => [pathOf(type), schema] as const)
  ])
}

function pathOf(type: string): string {
  return `/v1/schemas/${type}`
}
