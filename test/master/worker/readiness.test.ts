import assert from 'node:assert/strict'
import type { Worker } from 'node:cluster'
import { EventEmitter } from 'node:events'
import { describe, test } from 'node:test'
import { masterLimits } from '../../../src/limits/master.ts'
import { listeningCommand } from '../../../src/master/agent/listening-message.ts'
import { commonAddresses, Readiness } from '../../../src/master/worker/readiness.ts'

function bench() {
  const child = new EventEmitter()
  const worker = Object.assign(new EventEmitter(), { process: child })
  let changes = 0
  const readiness = new Readiness(worker as unknown as Worker, () => {
    changes += 1
  })
  return { worker, child, readiness, changes: () => changes }
}

describe('Readiness', () => {
  test('knows the latest addresses of the agent, and UDP sockets of the cluster', () => {
    const { worker, child, readiness, changes } = bench()
    child.emit('internalMessage', { cmd: listeningCommand, addresses: ['*:1', '*:2'] })
    child.emit('internalMessage', { cmd: listeningCommand, addresses: ['*:2'] })
    worker.emit('listening', { addressType: 'udp4', address: null, port: 53 })
    worker.emit('listening', { addressType: 4, address: null, port: 2 })
    assert.deepEqual(readiness.addresses, ['*:2', 'udp4:null:53'])
    assert.equal(changes(), 3)
  })

  test('keeps a limited number of UDP sockets', () => {
    const { worker, readiness } = bench()
    for (let port = 1; port <= 2 * masterLimits.addresses; port += 1) {
      worker.emit('listening', { addressType: 'udp4', address: null, port })
    }
    assert.equal(readiness.addresses.length, masterLimits.addresses)
  })

  test('hears that the application is ready, and ignores other messages', () => {
    const { worker, child, readiness } = bench()
    worker.emit('message', { ready: true })
    child.emit('internalMessage', 'ready')
    assert.equal(readiness.saidReady, false)
    worker.emit('message', 'ready')
    assert.equal(readiness.saidReady, true)
  })
})

test('commonAddresses returns the addresses of all workers', () => {
  assert.deepEqual(commonAddresses([]), [])
  assert.deepEqual(commonAddresses([['a', 'b'], ['b', 'c'], ['b']]), ['b'])
})
