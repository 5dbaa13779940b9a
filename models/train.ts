// Rebuilds the model: dataset, fit, export, and holds it against the committed one.
//   npm run train                     train and compare; the repository is not touched
//   npm run train -- --version 2      also write models/arrival-delay/2
import { existsSync } from 'node:fs'
import { cp, readdir, readFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { evaluateFeatures, goldenTolerance, openModel, type Golden, type Model } from '@sluice/inference'
import { buildDataset } from './arrival-delay/training/build-dataset.ts'
import { prepareVenv, runPython } from './arrival-delay/training/prepare-venv.ts'
import { writeModel } from './arrival-delay/training/write-model.ts'

const root = resolve(import.meta.dirname, '..')
const home = join(import.meta.dirname, 'arrival-delay')
const training = join(home, 'training')
const stateDir = join(root, '.sluice')
const workDir = join(stateDir, 'train')

const { version } = parseArgs({ options: { version: { type: 'string' } } }).values
if (version !== undefined && !/^[1-9][0-9]{0,8}$/.test(version))
  fail(`--version: expected a whole number, found ${version}`)
if (version !== undefined && existsSync(join(home, version))) fail(`models/arrival-delay/${version} is there already`)

say('environment')
const python = prepareVenv(join(stateDir, 'venv-train'), join(training, 'requirements.txt'))
say('dataset')
const dataset = await buildDataset(join(root, 'data'), workDir)
say('fit and export')
runPython(python, [join(training, 'train.py'), '--work', workDir])

const committed = await latestVersion()
const candidate = join(workDir, 'arrival-delay', version ?? committed ?? '1')
const details = { version: basename(candidate), dataset, workDir, created: new Date().toISOString() }
const info = await writeModel(candidate, details)
await using trained = await openModel(candidate)
console.log(`trained now    sha256 ${info.sha256}`)
console.log(`test part      ${JSON.stringify(info.metrics['test'])}`)
if (committed !== null) await compare(join(home, committed), trained)
if (version !== undefined) {
  await cp(candidate, join(home, version), { recursive: true, errorOnExist: true })
  console.log(`written        models/arrival-delay/${version}`)
}

/** Says how the model just trained differs from a committed one; other scores are a failure. */
async function compare(folder: string, trained: Model): Promise<void> {
  await using model = await openModel(folder)
  const { sha256, features } = model.info
  console.log(
    `version ${model.info.version}      sha256 ${sha256}, ${sha256 === trained.info.sha256 ? 'the same bytes' : 'other bytes'}`
  )
  const sameFeatures = JSON.stringify(features) === JSON.stringify(trained.info.features)
  console.log(`features       ${sameFeatures ? 'the same' : 'others'}`)
  const { events, scores } = JSON.parse(await readFile(join(folder, 'golden.json'), 'utf8')) as Golden
  const found = await trained.predict(evaluateFeatures(trained.info.features, events), events.length)
  const largest = Math.max(...found.map((score, i) => Math.abs(score - scores[i]!)))
  const agrees = largest <= goldenTolerance
  console.log(
    `golden scores  ${events.length}, largest difference ${largest}, ${agrees ? 'they agree' : 'they do not agree'}`
  )
  if (!agrees && version === undefined) process.exitCode = 1
}

async function latestVersion(): Promise<string | null> {
  const versions = (await readdir(home)).filter((name) => /^[1-9][0-9]*$/.test(name))
  return versions.toSorted((a, b) => Number(a) - Number(b)).at(-1) ?? null
}

function say(step: string): void {
  console.log(`${(performance.now() / 1000).toFixed(1).padStart(6)} s  ${step}`)
}

function fail(message: string): never {
  console.error(message)
  process.exit(2)
}
