import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import { loadContracts } from '@sluice/contracts'
import { pythonTools } from '@sluice/testkit'
import { parseAllDocuments } from 'yaml'
import { exportContracts, joinFiles } from './export-contracts.ts'

const root = join(import.meta.dirname, '../../..')

/** The schema that the package of the standard's own Python model ships. */
const script = `
import json, sys
from importlib.resources import files
from jsonschema import Draft201909Validator
schema = json.loads(files('open_data_contract_standard').joinpath('schema.json').read_text())
validator = Draft201909Validator(schema)
for document in json.load(sys.stdin):
    print(json.dumps([f'{error.json_path}: {error.message}' for error in validator.iter_errors(document)]))
`

async function problemsOf(documents: readonly unknown[]): Promise<string[][]> {
  const { python } = await pythonTools()
  const running = promisify(execFile)(python, ['-c', script])
  running.child.stdin!.end(JSON.stringify(documents))
  const { stdout } = await running
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as string[])
}

describe('contracts as ODCS', () => {
  it('hold to the schema of ODCS 3.2, which refuses one that is bent', async () => {
    const every = await loadContracts(join(root, 'packages/lake/testing/contracts'))
    const real = await loadContracts(join(root, 'schemas'))
    const documents = await Promise.all(
      [real, every].map(async (contracts) =>
        parseAllDocuments(joinFiles(await exportContracts('odcs', contracts, root)))
      )
    )
    const sent = documents.flat().map((document) => document.toJS() as { schema: { properties: object[] }[] })
    const bent = structuredClone(sent[0]!)
    bent.schema[0]!.properties.push({ name: 'x', logicalType: 'integer', logicalTypeOptions: { maxLength: 3 } })
    const problems = await problemsOf([...sent, bent])
    assert.deepEqual(
      problems.slice(0, -1),
      sent.map(() => [])
    )
    assert.match(problems.at(-1)!.join(), /maxLength/)
  })
})
