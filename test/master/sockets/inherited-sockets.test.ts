import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { InheritedSockets, textOf } from '../../../src/master/sockets/inherited-sockets.ts'

const text = textOf([
  { key: '127.0.0.1:80:4:undefined', origin: 'master' },
  { key: '/run/app:-1:-1:undefined', origin: 'activation' },
])

describe('InheritedSockets', () => {
  test('gives each socket once, by its place in the list', () => {
    const sockets = new InheritedSockets(text)
    const path = '/run/app:-1:-1:undefined'
    assert.deepEqual(sockets.take(path), { descriptor: 4, origin: 'activation' })
    assert.equal(sockets.take(path), undefined)
    assert.deepEqual(sockets.take('127.0.0.1:80:4:undefined'), { descriptor: 3, origin: 'master' })
  })

  test('keeps the places of the other sockets when a socket has an unknown form', () => {
    const list = [{ version: 9 }, ...JSON.parse(text)]
    const sockets = new InheritedSockets(JSON.stringify(list))
    assert.equal(sockets.take('127.0.0.1:80:4:undefined')?.descriptor, 4)
  })

  for (const value of [undefined, '', '{', '7', '{}']) {
    test(`has no socket for ${value}`, () => {
      assert.equal(new InheritedSockets(value).take('127.0.0.1:80:4:undefined'), undefined)
    })
  }

  test('survives an unused descriptor that this process did not get', (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] })
    const list = Array.from({ length: 4_000 }, (_, index) => ({ key: `${index}` }))
    const sockets = new InheritedSockets(JSON.stringify(list))
    // The descriptors of this process are in use.
    for (let index = 0; index < 3_999; index += 1) sockets.take(`${index}`)
    sockets.closeUnused(10)
    context.mock.timers.tick(10)
    assert.equal(sockets.take('3999'), undefined)
  })
})
