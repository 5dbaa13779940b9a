import type { Model, Models } from '@sluice/inference'
import { answer, quote, refuse, type Answer } from './answer.ts'

/** The model that a request names; without a version its highest one. The refusal names what there is. */
export function findModel(models: Models, name: string, version = ''): Answer<Model> {
  const model = models.find(name, version)
  if (model !== undefined) return answer(model)
  const versions = models.versionsOf(name)
  return versions.length === 0
    ? refuse('not_found', `model ${quote(name)} is unknown, known are ${models.names.join(', ')}`)
    : refuse('not_found', `model ${name} has no version ${quote(version)}, it has ${versions.join(', ')}`)
}
