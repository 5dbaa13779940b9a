import { join } from 'node:path'
import { describe, it } from 'node:test'
import { assertReadmeSettings } from '@sluice/service/testing'
import { settings } from './config.ts'

describe('the settings of the enricher', () => {
  it('are those of its README', () => {
    assertReadmeSettings(join(import.meta.dirname, 'README.md'), settings)
  })
})
