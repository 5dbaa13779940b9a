// What an image of one service does not need, removed while it is built (infra/service.Dockerfile):
//   prune.mjs dependencies <folder>   foreign platforms, what no file at run time reads, what the service never loads
//   prune.mjs sources <folder>        the other services, packages that this one does not use, data that it does not read
// A service says in its package.json what is special about it:
//   "image": { "files": ["models"], "without": ["onnxruntime-node"] }
// `files`: folders of the repository beside packages/; `without`: dependencies of its dependencies that it never loads.
import { existsSync, globSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const [what, folder] = process.argv.slice(2)
const manifest = (dir) => JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'))
const remove = (path) => rmSync(path, { recursive: true, force: true })
const { files = [], without = [] } = manifest(folder).image ?? {}

if (what === 'dependencies') pruneDependencies()
else if (what === 'sources') pruneSources()
else throw new Error(`prune.mjs: dependencies or sources, not ${what}`)

function pruneDependencies() {
  const store = 'node_modules/.pnpm'
  for (const name of without) {
    const found = globSync(`${store}/${name.replace('/', '+')}@*`)
    if (found.length === 0) throw new Error(`${folder}: image.without names ${name}, which is not installed`)
    found.forEach(remove)
  }
  // onnxruntime carries five platforms in one package.
  for (const platform of globSync(`${store}/onnxruntime-node@*/node_modules/onnxruntime-node/bin/napi-v*/*/*`))
    if (!platform.endsWith(`/${process.platform}/${process.arch}`)) remove(platform)
  globSync(`${store}/**/*.{d.ts,d.mts,d.cts,map}`).forEach(remove)
  // The manifests come again with the sources.
  for (const dir of workspace()) remove(existsSync(join(dir, 'node_modules')) ? join(dir, 'package.json') : dir)
  for (const name of readdirSync('.')) if (!['node_modules', 'packages', 'services', 'cli'].includes(name)) remove(name)
}

function pruneSources() {
  const used = new Set()
  const use = (dir) => {
    for (const [name, version] of Object.entries(manifest(dir).dependencies ?? {}))
      if (version.startsWith('workspace:') && !used.has(name)) use(dirOf(used.add(name) && name))
  }
  use(folder)
  for (const dir of workspace()) if (dir !== folder && !used.has(manifest(dir).name)) remove(dir)
  for (const dir of ['schemas', 'proto', 'models', 'data']) if (!files.includes(dir)) remove(dir)
}

function workspace() {
  const dirs = ['packages', 'services'].flatMap((parent) => readdirSync(parent).map((name) => join(parent, name)))
  return [...dirs, 'cli'].filter((dir) => existsSync(join(dir, 'package.json')))
}

function dirOf(name) {
  return workspace().find((dir) => manifest(dir).name === name) ?? fail(`${name} is not in this workspace`)
}

function fail(message) {
  throw new Error(message)
}
