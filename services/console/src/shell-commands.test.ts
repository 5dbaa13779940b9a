import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { loadContracts } from '@sluice/contracts'
import { badEventCommand, sendCommand, spoiltExample } from './shell-commands.ts'

describe('a command to copy', async () => {
  const contracts = await loadContracts(join(import.meta.dirname, '../../../schemas'))

  it('sends the example of each contract as a shell hands it over', () => {
    for (const contract of contracts.all) {
      const data = { ...(contract.schema as { examples: object[] }).examples[0], note: `it's "quoted"` }
      const event = sentBy(sendCommand(contract, data))
      assert.deepEqual(event['data'], data)
      assert.match(String(event['id']), /^by-hand-\d+$/)
    }
  })

  it('spoils an example so that its contract refuses it', () => {
    const spoilt = contracts.all.flatMap((contract) => {
      const data = spoiltExample(contract)
      return data === null ? [] : [[contract, data] as const]
    })
    assert.ok(spoilt.length > 0)
    for (const [contract, data] of spoilt) assert.equal(contract.checkData(data).ok, false, contract.type)
    assert.equal(sentBy(badEventCommand(contracts.all)!)['type'], spoilt[0]![0].type)
  })
})

/** What curl would get as the body. */
function sentBy(command: string): Record<string, unknown> {
  const script = `curl() { while [ $# -gt 0 ]; do if [ "$1" = -d ]; then printf %s "$2"; fi; shift; done; }; cat() { :; }; ${command}`
  return JSON.parse(execFileSync('sh', ['-c', script], { encoding: 'utf8' })) as Record<string, unknown>
}
