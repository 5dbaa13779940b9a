// node tools/write-descriptors.ts: compiles proto/ with protoc to the descriptors that gRPC reflection serves.
import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { pythonTools } from '@sluice/testkit'
import { commandLine } from './command-line.ts'

const root = resolve(import.meta.dirname, '..')
/** A folder beside the main file of what the collector or packages/grpc depend on. */
function ofLibrary(home: string, library: string, path: string): string {
  return join(dirname(createRequire(join(root, home, 'package.json')).resolve(library)), path)
}

/** Folders with what belongs into the descriptors, and the files of each. Imports come along. */
const sources: Readonly<Record<string, readonly string[]>> = {
  [join(root, 'proto')]: ['sluice/collector/v1/collector.proto', 'inference/grpc_service.proto'],
  [ofLibrary('services/collector', 'grpc-health-check', '../../proto')]: ['health/v1/health.proto'],
  [ofLibrary('packages/grpc', '@grpc/reflection', '../proto')]: [
    'grpc/reflection/v1/reflection.proto',
    'grpc/reflection/v1alpha/reflection.proto'
  ]
}

/** Writes the descriptors, as bytes that depend on nothing but the .proto files and the version of protoc. */
export async function writeDescriptors(file: string): Promise<void> {
  const { python } = await pythonTools()
  const folders = Object.keys(sources).map((folder) => `-I${folder}`)
  const options = ['--include_imports', `--descriptor_set_out=${file}`]
  execFileSync(python, ['-m', 'grpc_tools.protoc', ...folders, ...options, ...Object.values(sources).flat()])
}

if (import.meta.main) {
  commandLine(import.meta.filename, {})
  const file = join(root, 'proto/descriptors.binpb')
  await writeDescriptors(file)
  process.stdout.write(`written ${relative(root, file)}\n`)
}
