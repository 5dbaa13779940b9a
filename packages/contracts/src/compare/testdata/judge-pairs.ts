import assert from 'node:assert/strict'
import { parseJsonStrict } from '@sluice/events'
import fc from 'fast-check'
import { createAjv } from '../../compile-validator.ts'
import { lintSchema } from '../../lint-schema.ts'
import { createReport } from '../../report.ts'
import type { SchemaNode } from '../../schema-node.ts'
import { findDifference } from '../find-difference.ts'
import { anyDocument } from './any-document.ts'
import { anyPair } from './any-schema.ts'

/**
 * P15: over random pairs of schemas, a difference is found exactly if some document of the writer fails the reader, as
 * the validator of the platform says; and the one that is found does.
 */
export function judgePairs(numRuns: number): void {
  const tally = { compatible: 0, refused: 0, documents: 0 }
  fc.assert(
    fc.property(anyPair(), fc.nat(), ([writer, reader], seed) => {
      for (const schema of [writer, reader]) assertLinted(schema)
      const [isOfWriter, isOfReader] = [compile(writer), compile(reader)]
      const found = findDifference(writer, reader)
      if (found !== null) {
        tally.refused++
        assert.ok(canBeSent(found.value), 'an event can hold the counter-example')
        assert.ok(isOfWriter(found.value), 'the counter-example holds to the writer')
        assert.ok(!isOfReader(found.value), 'the counter-example fails the reader')
        return
      }
      tally.compatible++
      for (const document of fc.sample(anyDocument(writer, reader), { seed, numRuns: 30 })) {
        if (!isOfWriter(document) || !canBeSent(document)) continue
        tally.documents++
        assert.ok(isOfReader(document), `nothing was found, but ${JSON.stringify(document)} fails the reader`)
      }
    }),
    { numRuns }
  )
  // Neither of the two verdicts by default, nor one that nothing was held against.
  assert.ok(tally.compatible > numRuns / 10 && tally.refused > numRuns / 10, JSON.stringify(tally))
  assert.ok(tally.documents > 2 * tally.compatible, JSON.stringify(tally))
}

function canBeSent(document: unknown): boolean {
  return parseJsonStrict(Buffer.from(JSON.stringify(document))).ok
}

let compiled = 0
let ajv = createAjv()

function compile(schema: SchemaNode): (document: unknown) => boolean {
  // A validator keeps what it compiled; making one takes longer than compiling a schema.
  if (++compiled % 200 === 0) ajv = createAjv()
  return ajv.compile(schema as object)
}

function assertLinted(schema: SchemaNode): void {
  const report = createReport('schema')
  lintSchema(schema as unknown as Record<string, unknown>, report)
  assert.deepEqual(report.problems, [])
}
