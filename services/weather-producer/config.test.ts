import { describe, it } from 'node:test'
import { assertReadmeSettings } from '@sluice/service/testing'
import { settings } from './config.ts'

describe('the README', () => {
  it('shows the settings as they are', () => assertReadmeSettings(import.meta.dirname, settings))
})
