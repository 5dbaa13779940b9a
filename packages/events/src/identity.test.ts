import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { identityOf } from './identity.ts'

describe('identityOf', () => {
  it('is the same for ever', () => {
    // printf 'flight-producer\0urn:sluice:flight-producer\0é' | sha256sum | cut -c-32 | xxd -r -p | basenc --base64url
    assert.equal(identityOf('flight-producer', 'urn:sluice:flight-producer', 'é'), 'RR96Q6qWbsLglHxEoagQfA')
  })

  it('tells apart what only looks the same when joined', () => {
    const identities = [
      identityOf('a', 'b', 'c'),
      identityOf('ab', '', 'c'),
      identityOf('', 'ab', 'c'),
      identityOf('a', 'bc', '')
    ]
    assert.equal(new Set(identities).size, 4)
    for (const identity of identities) assert.match(identity, /^[\w-]{22}$/)
  })
})
