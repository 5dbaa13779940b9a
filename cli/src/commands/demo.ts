import { periodOf } from '../demo/period.ts'
import { printDemo } from '../demo/print-demo.ts'
import { runDemo } from '../demo/run-demo.ts'
import { onStopSignal } from '../on-stop-signal.ts'
import { Progress } from '../progress.ts'
import { showProcess } from '../show-process.ts'
import type { Command } from '../command.ts'

export const demo: Command = {
  name: 'demo',
  summary: 'replays some days on a platform of its own and checks that the account balances',
  options: {
    days: { type: 'string', value: 'N', help: 'how many days', default: '3' },
    from: { type: 'string', value: 'DATE', help: 'the first day', default: '2013-09-01' },
    json: { type: 'boolean', help: 'prints the report as JSON; progress goes to the error stream' },
    keep: { type: 'boolean', help: 'leaves the data and the logs of the run in .sluice' }
  },
  exits: { 0: 'everything balances', 1: 'it does not' },
  examples: ['demo', 'demo --days 1 --from 2013-02-08 --json'],
  async run(values) {
    const from = typeof values['from'] === 'string' ? values['from'] : '2013-09-01'
    const period = periodOf(from, Number(values['days'] ?? 3))
    const json = values['json'] === true
    const progress = new Progress(json ? process.stderr : process.stdout)
    const signals = onStopSignal(() => process.exit(1))
    try {
      const result = await runDemo({
        period,
        keep: values['keep'] === true,
        onChange: (supervised) => showProcess(progress, supervised),
        say: (id, line) => progress.step(id, 'run', line),
        signal: signals.stop
      })
      progress.stop()
      const isFine = result.balance.problems.length === 0
      console.log(json ? JSON.stringify({ ok: isFine, ...result }, null, 2) : printDemo(result))
      return isFine ? 0 : 1
    } finally {
      progress.stop()
      signals.dispose()
    }
  }
}
