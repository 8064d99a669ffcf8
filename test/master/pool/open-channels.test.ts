import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { masterLimits } from '../../../src/limits/master.ts'
import { OpenChannels } from '../../../src/master/pool/open-channels.ts'
import { FakeWorker } from '../../support/master/fake-cluster.ts'

function timers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
}

describe('OpenChannels', () => {
  test('acts at once when the channel has closed', () => {
    const channels = new OpenChannels()
    const { process: child } = new FakeWorker(1, undefined).asWorker()
    Object.assign(child, { connected: false })
    let acts = 0
    channels.afterClose(child, () => {
      acts += 1
    })
    assert.deepEqual([acts, channels.count], [1, 0])
  })

  test('acts once, at the close of the channel, and leaves no timer', () => {
    const channels = new OpenChannels()
    const { process: child } = new FakeWorker(1, undefined).asWorker()
    const before = timers()
    let acts = 0
    channels.afterClose(child, () => {
      acts += 1
    })
    assert.deepEqual([acts, channels.count, timers()], [0, 1, before + 1])
    child.emit('disconnect')
    child.emit('disconnect')
    assert.deepEqual([acts, channels.count, timers()], [1, 0, before])
  })

  test(`acts once, after ${masterLimits.disconnectMs} ms with an open channel`, (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] })
    const channels = new OpenChannels()
    const { process: child } = new FakeWorker(1, undefined).asWorker()
    let acts = 0
    channels.afterClose(child, () => {
      acts += 1
    })
    context.mock.timers.tick(masterLimits.disconnectMs - 1)
    assert.deepEqual([acts, channels.count], [0, 1])
    context.mock.timers.tick(1)
    child.emit('disconnect')
    assert.deepEqual([acts, channels.count], [1, 0])
  })
})
