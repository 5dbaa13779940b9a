import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import { parseAllDocuments } from 'yaml'
import { repoRoot, stateDir } from '@sluice/testkit'
import { settings } from '../../services/batch-loader/config.ts'

const run = promisify(execFile)
const manifest = join(repoRoot, 'infra/kubernetes/batch-loader.yaml')

interface Resource {
  readonly kind: string
  readonly data?: Readonly<Record<string, string>>
  readonly spec?: {
    readonly template: {
      readonly spec: { readonly containers: readonly Container[]; readonly volumes: readonly Volume[] }
    }
  }
}
interface Container {
  readonly ports: readonly { readonly containerPort: number }[]
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[]
}
interface Volume {
  readonly name: string
}

describe('the Kubernetes example', () => {
  const resources = parseAllDocuments(readFileSync(manifest, 'utf8')).map((document) => document.toJS() as Resource)

  it('fits the schemas of Kubernetes, strictly, and a misspelt copy does not', async () => {
    const python = await validator()
    const validate = (file: string) => run(python, [join(import.meta.dirname, 'validate_kubernetes.py'), file])
    const { stdout } = await validate(manifest)
    assert.match(stdout, /^5 resources are valid/)
    await assert.rejects(validate(join(import.meta.dirname, 'misspelt.yaml')), /readynessProbe/)
  })

  it('sets what the code declares, on the port that it listens on', () => {
    const config = resources.find(({ kind }) => kind === 'ConfigMap')?.data ?? {}
    const unknown = Object.keys(config).filter(
      (name) => name !== 'NODE_OPTIONS' && !(name.replace(/_FILE$/, '') in settings) && !(name in settings)
    )
    assert.deepEqual(unknown, [])
    const pod = resources.find(({ kind }) => kind === 'Deployment')?.spec?.template.spec
    assert.deepEqual(
      pod?.containers.map(({ ports }) => ports.map(({ containerPort }) => containerPort)),
      [[9104]]
    )
    const mounts = pod?.containers.flatMap(({ volumeMounts }) => volumeMounts) ?? []
    assert.deepEqual(mounts.map(({ name }) => name).toSorted(), pod?.volumes.map(({ name }) => name).toSorted())
    for (const name of ['SPOOL_DIR', 'KAFKA_SASL_PASSWORD_FILE'])
      assert.ok(
        mounts.some(({ mountPath }) => config[name]?.startsWith(mountPath)),
        `${name} is in a volume`
      )
  })
})

/** An interpreter that has the schemas of Kubernetes. */
async function validator(): Promise<string> {
  const home = join(stateDir, 'venv-kubernetes')
  const python = join(home, 'bin/python')
  if (existsSync(join(home, 'made'))) return python
  rmSync(home, { recursive: true, force: true })
  await run('python3', ['-m', 'venv', home])
  await run(python, [
    '-m',
    'pip',
    'install',
    '-q',
    '--disable-pip-version-check',
    '-r',
    join(repoRoot, 'infra/kubernetes/requirements.txt')
  ])
  await run('touch', [join(home, 'made')])
  return python
}
