import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { beforeDisconnect, type ChannelOwner } from '../../src/relay/before-disconnect.ts'

describe('beforeDisconnect()', () => {
  test('calls back before the channel closes', () => {
    const { owner, calls } = channelOwner()
    beforeDisconnect(() => calls.push('before'), owner)
    owner.disconnect?.()
    assert.deepEqual(calls, ['before', 'disconnect'])
  })

  test('leaves a writable, enumerable and configurable property', () => {
    const { owner } = channelOwner()
    beforeDisconnect(() => {}, owner)
    const { value, ...descriptor } = Object.getOwnPropertyDescriptor(owner, 'disconnect') ?? {}
    assert.deepEqual(descriptor, { configurable: true, enumerable: true, writable: true })
    assert.equal(typeof value, 'function')
  })

  test('restores the property when it stops', () => {
    const { owner, calls } = channelOwner()
    const before = Object.getOwnPropertyDescriptor(owner, 'disconnect')
    beforeDisconnect(() => calls.push('before'), owner)()
    assert.deepEqual(Object.getOwnPropertyDescriptor(owner, 'disconnect'), before)
    owner.disconnect?.()
    assert.deepEqual(calls, ['disconnect'])
  })

  test('keeps a wrapper that was added later when it stops, and calls back no more', () => {
    const { owner, calls } = channelOwner()
    const stop = beforeDisconnect(() => calls.push('before'), owner)
    const wrapped = owner.disconnect
    owner.disconnect = () => {
      calls.push('wrapper')
      wrapped?.call(owner)
    }
    stop()
    owner.disconnect()
    assert.deepEqual(calls, ['wrapper', 'disconnect'])
  })

  test('leaves an inherited method in place when it stops', () => {
    const { owner, calls } = channelOwner()
    const child: ChannelOwner = Object.create(owner)
    const stop = beforeDisconnect(() => calls.push('before'), child)
    stop()
    child.disconnect?.()
    assert.deepEqual(calls, ['disconnect'])
  })

  test('changes nothing in a process without a channel', () => {
    const owner = {}
    const stop = beforeDisconnect(() => {}, owner)
    assert.deepEqual(Object.keys(owner), [])
    stop()
    assert.deepEqual(Object.keys(owner), [])
  })

  test('changes `process` by default', () => {
    const owner: ChannelOwner = process
    assert.equal(owner.disconnect, undefined, 'this test needs a process without a channel')
    const calls: string[] = []
    owner.disconnect = () => calls.push('disconnect')
    try {
      const stop = beforeDisconnect(() => calls.push('before'))
      owner.disconnect()
      stop()
    } finally {
      delete owner.disconnect
    }
    assert.deepEqual(calls, ['before', 'disconnect'])
  })
})

function channelOwner(): { readonly owner: ChannelOwner; readonly calls: string[] } {
  const calls: string[] = []
  const owner: ChannelOwner = {
    disconnect() {
      calls.push(Object.hasOwn(this, 'disconnect') ? 'disconnect' : 'another this')
    },
  }
  return { owner, calls }
}
