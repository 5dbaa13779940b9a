import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { firstError, OpenStack } from './open-stack.ts'

describe('what a service has opened', () => {
  it('is released in reverse order, and named while it is still open', async () => {
    const stack = new OpenStack()
    const released: string[] = []
    class Lanes {
      async [Symbol.asyncDispose]() {
        released.push(`lanes, still open: ${stack.open().join()}`)
      }
    }
    stack.use(new Lanes())
    stack.use({ [Symbol.dispose]: () => void released.push('sync') }, 'lock')
    stack.adopt(7, () => void released.push('seven'), 'seven')
    stack.defer(async function closeServer() {
      released.push('server')
    })
    assert.deepEqual(stack.open(), ['closeServer', 'seven', 'lock', 'Lanes'])
    await stack.disposeAsync()
    assert.deepEqual(released, ['server', 'seven', 'sync', 'lanes, still open: Lanes'])
    assert.deepEqual(stack.open(), [])
  })

  it('is released to the end when something fails, and the first error is the one that is kept', async () => {
    const stack = new OpenStack()
    const released: number[] = []
    for (const i of [1, 2, 3]) {
      stack.defer(() => {
        released.push(i)
        throw new Error(`error ${i}`)
      })
    }
    await assert.rejects(stack.disposeAsync(), (error: unknown) => {
      assert.equal((firstError(error) as Error).message, 'error 3')
      return true
    })
    assert.deepEqual(released, [3, 2, 1])
  })
})
