import type { SchemaNode } from '../schema-node.ts'
import type { Contract } from '../types.ts'

/** The schema of `data` as a part of another document: without what only its own file has. */
export function dataSchema({ schema }: Contract): SchemaNode {
  const {
    $schema: _draft,
    $id: _id,
    'x-contract': _block,
    examples: _examples,
    ...rest
  } = schema as Record<string, unknown>
  return rest as unknown as SchemaNode
}

/** The schema of `data` once the enricher has added to it; null: it adds nothing to this type. */
export function enrichedSchema(contract: Contract): SchemaNode | null {
  const { enrichment } = contract
  if (enrichment === null) return null
  const text = { type: 'string' as const }
  const prediction: SchemaNode = {
    type: 'object',
    description: `What the model ${enrichment.model} says.`,
    properties: {
      probability: { type: 'number', minimum: 0, maximum: 1 },
      model: { ...text, description: 'Name of the model.' },
      version: { ...text, description: 'Version of the model.' },
      sha256: { ...text, description: 'Digest of the model file.' }
    }
  }
  const node = dataSchema(contract)
  const mayBeNull = enrichment.onOutage === 'pass'
  return {
    ...node,
    properties: {
      ...node.properties,
      enrichment: {
        type: mayBeNull ? ['object', 'null'] : 'object',
        description: mayBeNull ? 'Added by the enricher; null while the model was away.' : 'Added by the enricher.',
        properties: { [enrichment.property]: prediction }
      }
    },
    required: [...(node.required ?? []), 'enrichment']
  }
}

/** The first example of a contract; undefined: it has none. */
export function exampleOf({ schema }: Contract): unknown {
  return (schema as { examples?: readonly unknown[] }).examples?.[0]
}
