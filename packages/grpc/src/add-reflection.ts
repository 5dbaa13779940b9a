import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Server } from '@grpc/grpc-js'
import { ReflectionService } from '@grpc/reflection'

/** Made by protoc (`node tools/write-descriptors.ts`): a FileDescriptorSet of all that is in proto/, health and reflection. */
const descriptors = resolve(import.meta.dirname, '../../../proto/descriptors.binpb')

/**
 * Lets clients ask a server what can be called: grpc.reflection v1 and v1alpha, with health and reflection itself beside
 * the named services. The descriptors are not those that proto-loader has: they name the entries of maps and optional
 * fields otherwise than protoc, and clients in Go and Python refuse them.
 */
export function addReflection(server: Server, services: readonly string[]): void {
  const packages = { all: { fileDescriptorProtos: splitSet(readFileSync(descriptors)) } }
  const shown = [...services, 'grpc.health.v1.Health', ...reflections]
  new ReflectionService(packages as unknown as Packages, { services: shown }).addToServer(server)
}

const reflections = ['grpc.reflection.v1.ServerReflection', 'grpc.reflection.v1alpha.ServerReflection']

type Packages = ConstructorParameters<typeof ReflectionService>[0]

/** The messages of a FileDescriptorSet, whose one field is `repeated FileDescriptorProto file = 1`. */
function splitSet(set: Buffer): Buffer[] {
  const files: Buffer[] = []
  let at = 0
  while (at < set.length) {
    if (set[at++] !== 0x0a) throw new Error(`${descriptors}: expected a FileDescriptorSet, found other bytes`)
    let length = 0
    for (let shift = 0; ; shift += 7) {
      const byte = set[at++]
      if (byte === undefined) throw new Error(`${descriptors}: cut off`)
      length |= (byte & 0x7f) << shift
      if (byte < 0x80) break
    }
    files.push(set.subarray(at, (at += length)))
  }
  return files
}
