import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { contentModeOf } from './media-type.ts'

describe('contentModeOf', () => {
  it('knows the three modes, however they are spelled', () => {
    assert.equal(contentModeOf('application/cloudevents+json'), 'structured')
    assert.equal(contentModeOf('application/cloudevents-batch+json'), 'batch')
    assert.equal(contentModeOf('application/json'), 'binary')
    assert.equal(contentModeOf('Application/CloudEvents+JSON; charset=UTF-8'), 'structured')
    assert.equal(contentModeOf('application/json;charset="utf-8"'), 'binary')
  })

  it('takes nothing else', () => {
    const others = [
      undefined,
      '',
      'text/plain',
      'application/cloudevents+xml',
      'application/json;',
      ' application/json',
      'application/json\t; charset=utf-8',
      'application/json; charset=latin1',
      'application/json; charset',
      'application/json; profile=x',
      'application/json, text/plain',
      'application/json garbage'
    ]
    for (const contentType of others) assert.equal(contentModeOf(contentType), null, contentType)
  })
})
