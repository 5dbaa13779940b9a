import type { Contract } from '@sluice/contracts'

/** Commands for a terminal in the folder of this repository, against the ports of the compose file. */
const collectorUrl = 'http://localhost:8080/v1/events'
/** The page writes its own address in the place of this one. */
const consoleUrl = 'http://localhost:3000'

/** Sends an event of a type; each time a new one. */
export function sendCommand(contract: Contract, data: unknown): string {
  const time =
    contract.window.kind === 'absolute'
      ? new Date((contract.window.fromMs + contract.window.toMs) / 2).toISOString()
      : '2026-01-01T00:00:00Z'
  const event = {
    specversion: '1.0',
    id: 'by-hand-NUMBER',
    source: 'urn:sluice:demo',
    type: contract.type,
    time,
    data
  }
  const body = JSON.stringify(event)
    .replaceAll("'", String.raw`'\''`)
    .replace('NUMBER', "'$(date +%s)'")
  return `${post('demo')} -d '${body}' ${collectorUrl}`
}

/** Sends an event that its contract refuses; null: no contract has an example to spoil. */
export function badEventCommand(contracts: readonly Contract[]): string | null {
  for (const contract of contracts) {
    const data = spoiltExample(contract)
    if (data !== null) return sendCommand(contract, data)
  }
  return null
}

/** The example of a contract with one number above its maximum; null: it has none. */
export function spoiltExample(contract: Contract): Readonly<Record<string, unknown>> | null {
  const { examples = [], properties = {} } = contract.schema as {
    examples?: readonly Record<string, unknown>[]
    properties?: Readonly<Record<string, { maximum?: number }>>
  }
  const [example] = examples
  const [name, { maximum = 0 } = {}] =
    Object.entries(properties).find(
      ([field, node]) => node.maximum !== undefined && typeof example?.[field] === 'number'
    ) ?? []
  return example === undefined || name === undefined ? null : { ...example, [name]: maximum + 1 }
}

/** What the sender of a dead letter does: fetch it, mend it, ask, send it under a new id. */
export function resendCommands(at: string, client: string): { label: string; command: string }[] {
  const send = `${post(client)} --data-binary @event.json ${collectorUrl}`
  return [
    {
      label: 'Save it as it was sent, then mend it and give it a new id',
      command: `curl -s '${consoleUrl}/api/dead-letter/sent?at=${at}' -o event.json`
    },
    { label: 'Ask what the contract says to it; nothing is stored', command: `${send}/validate` },
    { label: 'Send it again', command: send }
  ]
}

function post(client: string): string {
  return `curl -s -H "authorization: Bearer $(cat .sluice/data/volumes/secrets/api-key-${client})" -H 'content-type: application/cloudevents+json'`
}
