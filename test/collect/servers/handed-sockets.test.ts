import assert from 'node:assert/strict'
import { Socket } from 'node:net'
import { describe, it } from 'node:test'
import { HandedSockets, isAccepted } from '../../../src/collect/servers/handed-sockets.ts'

describe('HandedSockets', () => {
  it('counts an open socket once, until its end', () => {
    const sockets = new HandedSockets()
    const [one, other] = [new Socket(), new Socket()]
    for (const socket of [one, one, other]) assert.equal(sockets.add(socket), true)
    assert.equal(sockets.count(), 2)
    one.destroy()
    assert.equal(sockets.count(), 1)
    assert.equal(one.listenerCount('close'), new Socket().listenerCount('close'))
  })

  it('counts a socket with TLS, and the socket below, as one', () => {
    const sockets = new HandedSockets()
    const below = new Socket()
    sockets.add(Object.assign(new Socket(), { _parent: below }))
    sockets.add(below)
    assert.equal(sockets.count(), 1)
  })

  it('holds at most its limit of open sockets, and has room again after an end', () => {
    const sockets = new HandedSockets(2)
    const [one, two, three] = [new Socket(), new Socket(), new Socket()]
    assert.deepEqual(
      [one, two, three].map((socket) => sockets.add(socket)),
      [true, true, false],
    )
    one.destroy()
    assert.equal(sockets.count(), 1)
    assert.equal(sockets.add(three), true)
  })

  it('drops closed sockets without a count', () => {
    const sockets = new HandedSockets(100)
    for (let number = 0; number < 1_000; number += 1) {
      const socket = new Socket()
      assert.equal(sockets.add(socket), true, `socket ${number}`)
      socket.destroy()
    }
    assert.equal(sockets.count(), 0)
  })

  it('knows a sender only by a socket that no server of this process accepted', () => {
    const server = {}
    const accepted = Object.assign(new Socket(), { _server: server })
    assert.equal(isAccepted(accepted, server), true)
    assert.equal(isAccepted(accepted, {}), false)
    const sockets = new HandedSockets()
    sockets.add(accepted)
    assert.equal(sockets.hasSender, false)
    sockets.add(new Socket())
    assert.equal(sockets.hasSender, true)
  })
})
