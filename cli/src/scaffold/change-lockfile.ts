import { insertBefore } from './edit-text.ts'

type Dependencies = Readonly<Record<string, string>>

/**
 * The lock with a package of the workspace more, one that depends on no others than those of the workspace: then there is
 * nothing to resolve, and no registry is asked.
 */
export function changeLockfile(lock: string, folder: string, manifest: string): string {
  const { dependencies = {}, devDependencies = {} } = JSON.parse(manifest) as {
    dependencies?: Dependencies
    devDependencies?: Dependencies
  }
  const lines = [
    `  ${folder}:`,
    ...group('dependencies', dependencies),
    ...group('devDependencies', devDependencies),
    ''
  ]
  const later = [...lock.matchAll(/^ {2}(\S+):$/gm)].map(([, name = '']) => name).find((name) => name > folder)
  const anchor = later?.startsWith('services/') ? `  ${later}:` : 'packages:'
  return insertBefore('pnpm-lock.yaml', lock, `${lines.join('\n')}\n`, { anchor })
}

function group(title: string, dependencies: Dependencies): string[] {
  const names = Object.keys(dependencies).toSorted()
  if (names.length === 0) return []
  const entries = names.flatMap((name) => [
    `      '${name}':`,
    `        specifier: ${dependencies[name]}`,
    `        version: link:../../packages/${name.slice('@sluice/'.length)}`
  ])
  return [`    ${title}:`, ...entries]
}
