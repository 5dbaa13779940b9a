import { styleText } from 'node:util'
import type { BalanceRow } from './balance.ts'
import type { DemoResult } from './run-demo.ts'

/** The report for a person. */
export function printDemo({ period, balance, reasons, sent, store, scores, speed }: DemoResult): string {
  const refused = sent.filter(({ injected }) => injected.fate.kind === 'refused')
  const codes = [...new Set(refused.map(({ answer }) => answer?.code ?? ''))]
  return [
    '',
    styleText('bold', `${period.days} days from ${period.from}, replayed and accounted for`),
    '',
    table(balance.rows, balance.total),
    '',
    'expected: by SQL over data/. injected: sent by this demo and accepted. straight: written into events.raw past the',
    'collector. in doubt: stored although the client was not told so. Redis: its counters by type.',
    '',
    `dead letters by reason   ${list(reasons)}`,
    `refused at the door      ${refused.length} of ${sent.length} sent by this demo: ${codes.join(', ')}`,
    ...(balance.stored.length === 0 ? [] : [`stored more than once    ${firstOf(balance.stored)}`]),
    `Redis                    flights ${list(store.flightsByStatus)}; ${store.stations} stations; ${store.boards} boards`,
    ...scores.map(
      ({ part, flights, late, auc }) =>
        `predictions              AUC ${auc === null ? '-' : auc.toFixed(3)} over ${number(flights)} flights, ${number(late)} late (${part})`
    ),
    `speed                    ${number(speed.events)} events enriched in ${speed.enrichSeconds.toFixed(1)} s = ${number(speed.eventsPerSecond)}/s, landed everywhere after ${speed.landSeconds.toFixed(1)} s; start ${speed.startedInSeconds.toFixed(1)} s`,
    '',
    ...(balance.problems.length === 0
      ? [styleText('green', 'Everything agrees: no event lost, none doubled.')]
      : [
          styleText('red', `${balance.problems.length} sums do not agree:`),
          ...balance.problems.map((problem) => `- ${problem}`)
        ])
  ].join('\n')
}

const columns: readonly [keyof BalanceRow, string][] = [
  ['type', 'type'],
  ['expected', 'expected'],
  ['injected', 'injected'],
  ['accepted', 'accepted'],
  ['straight', 'straight'],
  ['inDoubt', 'in doubt'],
  ['raw', 'raw'],
  ['enriched', 'enriched'],
  ['dead', 'dead'],
  ['repeats', 'repeats'],
  ['lake', 'lake'],
  ['store', 'Redis']
]

function table(rows: readonly BalanceRow[], total: BalanceRow): string {
  const lines = [
    columns.map(([, title]) => title),
    ...[...rows, total].map((row) => columns.map(([name]) => cell(row[name])))
  ]
  const widths = columns.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  return lines
    .map((line) =>
      line
        .map((text, column) => (column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0)))
        .join('  ')
    )
    .join('\n')
}

function cell(value: string | number): string {
  return typeof value === 'number' ? number(value) : value
}

function list(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${number(count)}`)
    .join(', ')
}

function number(value: number): string {
  return value.toLocaleString('en-US')
}

function firstOf(names: readonly string[]): string {
  const most = 5
  const rest = names.length - most
  return `${names.slice(0, most).join(', ')}${rest > 0 ? ` and ${number(rest)} more (--json lists all)` : ''}`
}
