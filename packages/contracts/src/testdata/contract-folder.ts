import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const repositorySchemas = fileURLToPath(new URL('../../../../schemas', import.meta.url))

// Tests change what they like.
// oxlint-disable-next-line typescript/no-explicit-any
type Schema = any

/** A contract with every kind of column, to be bent by a test. */
export function orderPlaced(): Schema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'urn:sluice:order.placed:1.2',
    title: 'Order placed',
    description: 'Somebody ordered something.',
    type: 'object',
    properties: {
      order_id: { type: 'string', minLength: 1, maxLength: 256 },
      total_cents: { type: 'string', format: 'int64' },
      quantity: { type: 'integer', minimum: -2147483648, maximum: 2147483647 },
      stock: { type: ['integer', 'null'], minimum: 0, maximum: 9007199254740991 },
      weight_kg: { type: 'number', exclusiveMinimum: 0, maximum: 1e300 },
      is_gift: { type: 'boolean' },
      placed_at: { type: 'string', format: 'date-time' },
      deliver_on: { type: ['string', 'null'], format: 'date' },
      status: { type: 'string', enum: ['open', 'paid'] },
      sku: { type: 'string', maxLength: 20, pattern: '^[A-Z]{2}-[0-9]{1,8}$' },
      notes: { type: 'array', items: { type: ['string', 'null'], maxLength: 50 }, maxItems: 5 },
      lines: {
        type: 'array',
        maxItems: 3,
        items: {
          type: 'object',
          properties: {
            sku: { type: 'string', maxLength: 8 },
            prices: { type: 'array', maxItems: 2, items: { type: 'number', minimum: 9e15, maximum: 1e22 } }
          },
          required: ['sku'],
          additionalProperties: false
        }
      }
    },
    required: ['order_id', 'total_cents', 'placed_at'],
    additionalProperties: false,
    examples: [{ order_id: 'A-1', total_cents: '9007199254740993', placed_at: '2026-01-01T00:00:00Z' }],
    'x-contract': {
      owner: 'shop',
      version: '1.2',
      key: '/order_id',
      table: 'order_placed_v1',
      window: { past: 'P7D', future: 'PT5M' },
      pii: {},
      enrichment: { model: 'fraud-risk', onOutage: 'pass' }
    }
  }
}

/** A folder with the repository's topics.yaml and these files, gone when disposed of. An object is written as JSON. */
export async function contractFolder(
  files: Record<string, unknown>
): Promise<AsyncDisposable & { readonly dir: string }> {
  const dir = await mkdtemp(join(tmpdir(), 'contracts-'))
  await cp(join(repositorySchemas, 'topics.yaml'), join(dir, 'topics.yaml'))
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(dir, name), typeof content === 'string' ? content : JSON.stringify(content))
  }
  return { dir, [Symbol.asyncDispose]: () => rm(dir, { recursive: true }) }
}
