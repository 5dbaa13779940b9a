// npm run test:nightly: this platform on Kafka 4.3.1, which loses commit markers when its only node is killed.
//   [--kills 12] [--seed 1]
// Exit codes: 0 markers were lost and nothing else; 1 an event was lost, doubled, disordered or invented; 2 no marker was lost.
import { parseArgs } from 'node:util'

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { kills: { type: 'string', default: '12' }, seed: { type: 'string', default: '1' } }
  })
  // Before anything that installs or starts a broker is loaded.
  process.env['SLUICE_KAFKA_VERSION'] ??= '4.3.1'
  const { loseMarkers } = await import('./faults/lost-markers.ts')
  const say = (line: string): void => console.error(`lost markers: ${line}`)
  const { verdict, skipped, dropped, oracle, kills } = await loseMarkers({
    kills: Number(values.kills),
    seed: Number(values.seed),
    say
  })
  for (const line of skipped) say(line)
  for (const problem of oracle.problems) say(`PROBLEM ${problem}`)
  console.log(
    `Kafka ${process.env['SLUICE_KAFKA_VERSION']}: ${kills} kills, markers skipped ${skipped.length} times, ` +
      `${oracle.doubled} copies in the outputs, dropped ${JSON.stringify(dropped)}, ${JSON.stringify(oracle.ledger)}`
  )
  console.log(`${verdict === 'invalid' ? 'inconclusive' : verdict}: ${oracle.problemCount} problems`)
  return { pass: 0, fail: 1, invalid: 2 }[verdict]
}

process.exitCode = await main()
