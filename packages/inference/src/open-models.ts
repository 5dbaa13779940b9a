import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { RefusedError } from '@sluice/events'
import { modelName, modelVersion } from './model-info.ts'
import { openModel, type Model } from './open-model.ts'

/** Every version of every model in a folder, loaded. */
export interface Models extends AsyncDisposable {
  readonly all: readonly Model[]
  readonly names: readonly string[]
  /** Ascending. */
  versionsOf(name: string): readonly string[]
  /** Without a version, or with '': the highest one. */
  find(name: string, version?: string): Model | undefined
}

/**
 * Opens all of `<dir>/<name>/<version>/`. Folders without a numbered one inside are not models (the training code).
 * RefusedError with every problem of every model, or if there is none at all.
 */
export async function openModels(dir: string): Promise<Models> {
  const folders = await modelFolders(dir)
  if (folders.length === 0) throw new RefusedError([`models ${dir}: expected <name>/<version>/model.onnx, found none`])
  const models: Model[] = []
  const problems: string[] = []
  for (const folder of folders) {
    try {
      models.push(await openModel(folder))
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error
      problems.push(...error.problems)
    }
  }
  if (problems.length > 0) {
    await closeAll(models)
    throw new RefusedError(problems)
  }
  return modelsOf(models)
}

async function modelFolders(dir: string): Promise<string[]> {
  const folders: string[] = []
  for (const name of await subfolders(dir)) {
    const versions = (await subfolders(join(dir, name))).filter((version) => modelVersion.test(version))
    if (versions.length > 0 && !modelName.test(name)) {
      throw new RefusedError([`model ${JSON.stringify(name)}: expected a name of a-z, 0-9 and -, at most 64`])
    }
    folders.push(...versions.map((version) => join(dir, name, version)))
  }
  return folders
}

async function subfolders(dir: string): Promise<string[]> {
  try {
    const entries = await readdir(dir, { withFileTypes: true })
    return entries.filter((entry) => entry.isDirectory() || entry.isSymbolicLink()).map((entry) => entry.name)
  } catch (error) {
    // A link to a file, or a folder that is not there: the caller says what is missing.
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return []
    throw error
  }
}

function modelsOf(unordered: readonly Model[]): Models {
  const all = unordered.toSorted(
    (a, b) => a.info.name.localeCompare(b.info.name, 'en') || Number(a.info.version) - Number(b.info.version)
  )
  const named = (name: string) => all.filter((model) => model.info.name === name)
  return {
    all,
    names: [...new Set(all.map((model) => model.info.name))],
    versionsOf: (name) => named(name).map((model) => model.info.version),
    find: (name, version = '') =>
      version === '' ? named(name).at(-1) : named(name).find((model) => model.info.version === version),
    [Symbol.asyncDispose]: () => closeAll(all)
  }
}

async function closeAll(models: readonly Model[]): Promise<void> {
  for (const model of models) await model[Symbol.asyncDispose]()
}
