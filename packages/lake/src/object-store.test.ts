import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { RefusedError, UnavailableError } from '@sluice/events'
import { freePort, sharedBacking, startLossyProxy, uniqueName, type LossyProxy } from '@sluice/testkit'
import { openObjectStore, type ObjectStore, type ObjectStoreSettings } from './object-store.ts'

describe('the object store', () => {
  let settings: ObjectStoreSettings
  let proxy: LossyProxy
  let store: ObjectStore
  const dir = uniqueName('objects')

  before(async () => {
    const { endpoint, region, bucket, accessKeyId, secretAccessKey } = (await sharedBacking()).s3.settings
    proxy = await startLossyProxy(endpoint)
    settings = {
      endpoint: proxy.endpoint,
      region,
      forcePathStyle: true,
      bucket,
      credentials: { accessKeyId, secretAccessKey }
    }
    store = openObjectStore(settings)
  })

  after(async () => {
    store.close()
    await proxy[Symbol.asyncDispose]()
  })

  it('gives back what was put, whole and in part, and null for what is not there', async () => {
    const body = Buffer.from('é🛫 0123456789')
    await store.put(`${dir}/a`, body)
    assert.deepEqual(await store.get(`${dir}/a`), body)
    assert.deepEqual(await store.getRange(`${dir}/a`, 7, 9), Buffer.from('012'))
    assert.equal(await store.get(`${dir}/b`), null)
    assert.equal(await store.getRange(`${dir}/b`, 0, 1), null)
  })

  it('puts an object only where there is none', async () => {
    assert.equal(await store.putIfAbsent(`${dir}/once`, Buffer.from('first')), true)
    assert.equal(await store.putIfAbsent(`${dir}/once`, Buffer.from('second')), false)
    assert.deepEqual(await store.get(`${dir}/once`), Buffer.from('first'))
  })

  it('knows its own object when the answer to the put is lost', async () => {
    const puts = onPut('lost-answer', ['lose-answer', 'pass'])
    assert.equal(await store.putIfAbsent(`${dir}/lost-answer`, Buffer.from('mine')), true)
    assert.equal(puts.count, 2)
  })

  it('knows that another object is not its own when the answer to the put is lost', async () => {
    await store.put(`${dir}/taken`, Buffer.from('theirs'))
    onPut('taken', ['lose-answer', 'pass'])
    assert.equal(await store.putIfAbsent(`${dir}/taken`, Buffer.from('mine')), false)
  })

  it('tries again after a 503, a 500 and a cut connection', async () => {
    onPut('again', [503, 'drop', 'pass'])
    await store.put(`${dir}/again`, Buffer.from('x'))
    assert.deepEqual(await store.get(`${dir}/again`), Buffer.from('x'))
  })

  for (const [what, fate] of [
    ['a 403', 403],
    ['one 500 after another', 500],
    ['one cut connection after another', 'drop']
  ] as const) {
    it(`calls ${what} an outage of s3`, async () => {
      proxy.decide = () => fate
      await assert.rejects(store.get(`${dir}/a`), isOutage)
      await assert.rejects(store.putIfAbsent(`${dir}/never`, Buffer.from('x')), isOutage)
      await assert.rejects(store.list(dir), isOutage)
      proxy.decide = () => 'pass'
    })
  }

  it('calls a wrong secret, a missing bucket and a server that is not there outages of s3', async () => {
    const wrong = { accessKeyId: settings.credentials!.accessKeyId, secretAccessKey: 'wrong' }
    const others: ObjectStoreSettings[] = [
      { ...settings, credentials: wrong },
      { ...settings, bucket: 'no-such-bucket-here' },
      { ...settings, endpoint: `http://127.0.0.1:${await freePort()}` }
    ]
    for (const other of others) {
      const there = openObjectStore(other)
      await assert.rejects(there.list('x'), isOutage)
      there.close()
    }
  })

  it('does not wait for ever', async () => {
    const hasty = openObjectStore({ ...settings, attemptMs: 100 })
    proxy.decide = () => () => new Promise(() => undefined)
    await assert.rejects(hasty.get(`${dir}/a`), isOutage)
    await assert.rejects(hasty.put(`${dir}/a`, Buffer.from('x')), isOutage)
    proxy.decide = () => 'pass'
    hasty.close()
  })

  it('refuses a region that is not the bucket’s', async () => {
    proxy.decide = () => 301
    await assert.rejects(store.get(`${dir}/a`), RefusedError)
    proxy.decide = () => 'pass'
  })

  it('lists one directory in order, over pages, from a name on', async () => {
    const names = Array.from({ length: 1203 }, (_, i) => String(i).padStart(5, '0'))
    // A few at a time: what waits for a connection waits within its deadline.
    for (let i = 0; i < names.length; i += 16) {
      await Promise.all(names.slice(i, i + 16).map((name) => store.put(`${dir}/many/${name}`, Buffer.from(name))))
    }
    await store.put(`${dir}/many/deeper/00001`, Buffer.from('x'))
    assert.deepEqual(await store.list(`${dir}/many`), names)
    assert.deepEqual(await store.list(`${dir}/many`, { after: '00100' }), names.slice(101))
    assert.deepEqual(await store.list(`${dir}/none`), [])
  })

  it('ends a request when its caller gives up', async () => {
    const controller = new AbortController()
    proxy.decide = () => {
      controller.abort()
      return 'pass'
    }
    await assert.rejects(store.get(`${dir}/a`, controller.signal), { name: 'AbortError' })
    proxy.decide = () => 'pass'
  })

  /** Fates of the puts of one object, in order; everything else passes. */
  function onPut(name: string, fates: readonly ('lose-answer' | 'drop' | 'pass' | number)[]) {
    const seen = { count: 0 }
    proxy.decide = ({ method, url }) => {
      if (method !== 'PUT' || !url.includes(`${dir}/${name}`)) return 'pass'
      return fates[seen.count++] ?? 'pass'
    }
    return seen
  }
})

function isOutage(error: unknown): boolean {
  return error instanceof UnavailableError && error.dependency === 's3'
}
