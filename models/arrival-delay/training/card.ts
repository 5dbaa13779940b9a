import type { ModelInfo } from '@sluice/inference'

/** The model card, printed from model.json. */
export function cardOf(info: ModelInfo): string {
  const { trained_on: trained, metrics } = info as unknown as { trained_on: TrainedOn; metrics: Metrics }
  const always = metrics.test_always_training_rate
  return `# ${info.name} ${info.version}

${info.description}
Printed from model.json when the model was made; neither is edited.

| | |
| --- | --- |
| made | ${info.created} |
| model.onnx | sha256 \`${info.sha256}\` |
| kind | LightGBM, ${trained.trees} trees of at most 31 leaves, exported to ONNX |
| data | ${trained.data} |
| asked | when \`${trained.event}\` is published, by what is in that event alone |
| label | \`${trained.label}\`; cancelled and diverted flights have none |

## What it is for
To show a prediction whose truth arrives hours later. It ranks flights somewhat; it is not a forecast to rely on.
It knows neither weather nor the state of the airports: with both, known at the same moment, the AUC is about 0.76.
That gap is left for a feature store.

## How it was split
By time: a flight belongs to the part in which it was scored, and counts only if it had landed before the part ended.

| part | until | flights | late |
| --- | --- | --- | --- |
${rowsOf(trained.parts, (name, { rows, late }) => [name, trained.part_ends[name] ?? '', rows, percent(late)])}

The number of trees was chosen on the validation part. Everything below is measured on the test part, by which nothing
was chosen.

## How good it is

| test part | late | predicted | AUC | log loss | Brier | calibration error |
| --- | --- | --- | --- | --- | --- | --- |
${row(['all', ...scoreCells(metrics.test)])}
${rowsOf(metrics.test_by_month, (month, score) => [month, ...scoreCells(score)])}
${row(['always the training share', ...scoreCells(always)])}

Late and predicted are shares of flights. The calibration error is the mean distance between the two over 15 equal bins.
One split, one seed: differences below 0.003 mean nothing. The share of late flights moves from month to month and the
model does not know it: that is the drift to watch for.

| predicted between | flights | predicted | really late |
| --- | --- | --- | --- |
${metrics.calibration.map(({ bin, rows, predicted, late }) => row([bin, rows, percent(predicted), percent(late)])).join('\n')}

## What it looks at

| feature | from | made by | share of gain |
| --- | --- | --- | --- |
${info.features.map((feature) => row([feature.name, `\`${feature.pointer}\``, madeBy(feature), percent(metrics.gain[feature.name] ?? 0)])).join('\n')}

A carrier, airport or destination that is rare or unknown in the training part has the code -1.
Aircraft come from the register by tail number; registrations are used again, so some ages and seats are of another one.
`
}

interface TrainedOn {
  readonly event: string
  readonly label: string
  readonly data: string
  readonly trees: number
  readonly part_ends: Readonly<Record<string, string>>
  readonly parts: Readonly<Record<string, { rows: number; late: number }>>
}

interface Score {
  readonly late: number
  readonly predicted: number
  readonly auc: number
  readonly log_loss: number
  readonly brier: number
  readonly calibration_error: number
}

interface Metrics {
  readonly test: Score
  readonly test_always_training_rate: Score
  readonly test_by_month: Readonly<Record<string, Score>>
  readonly calibration: readonly { bin: string; rows: number; predicted: number; late: number }[]
  readonly gain: Readonly<Record<string, number>>
}

function scoreCells({ late, predicted, auc, log_loss, brier, calibration_error }: Score): string[] {
  const fixed = [auc, log_loss, brier, calibration_error].map((value) => value.toFixed(3))
  return [percent(late), percent(predicted), ...fixed]
}

function madeBy(feature: ModelInfo['features'][0]): string {
  switch (feature.transform) {
    case 'code':
      return `code, vocabulary of ${feature.vocabulary.length}`
    case 'number':
      return 'number'
    default:
      return `${feature.transform.replaceAll('_', ' ')}, ${feature.timeZone}`
  }
}

function rowsOf<Value>(
  values: Readonly<Record<string, Value>>,
  cells: (name: string, value: Value) => unknown[]
): string {
  return Object.entries(values)
    .map(([name, value]) => row(cells(name, value)))
    .join('\n')
}

function row(cells: readonly unknown[]): string {
  return `| ${cells.join(' | ')} |`
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}
