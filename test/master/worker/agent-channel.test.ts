import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { reopenCommand, retireCommand } from '../../../src/master/agent/message.ts'
import { AgentChannel } from '../../../src/master/worker/agent-channel.ts'
import { FakeWorker } from '../../support/master/fake-cluster.ts'

interface Bench {
  readonly worker: FakeWorker
  readonly channel: AgentChannel
  readonly events: string[]
  readonly pass: (ms: number) => void
}

function bench(): Bench {
  const worker = new FakeWorker(1, undefined)
  const events: string[] = []
  let now = 5_000
  const channel = new AgentChannel(worker.asWorker(), {
    onBeat: (rssBytes) => void events.push(`beat ${rssBytes}`),
    onSpent: () => void events.push('spent'),
    onAsked: (signal) => void events.push(`asked ${signal}`),
    now: () => now,
  })
  const pass = (ms: number): void => {
    now += ms
  }
  return { worker, channel, events, pass }
}

describe('AgentChannel', () => {
  for (const [name, events, commands] of [
    ['BEAT', ['beat 4096'], []],
    ['SPENT', ['spent'], []],
    ['ASKED', ['asked SIGTERM'], ['HEARD']],
    ['CLOSED', [], ['RELEASE']],
  ] as const) {
    test(`calls the listener for ${name} alone`, () => {
      const { worker, events: called } = bench()
      worker.says(name)
      assert.deepEqual([called, worker.commands], [events, commands])
    })
  }

  test('ignores other messages', () => {
    const { worker, events } = bench()
    worker.process.emit('internalMessage', { cmd: 'NODE_OTHER' })
    worker.process.emit('message', { cmd: 'NODE_GUNICORN_BEAT' })
    assert.deepEqual([events, worker.commands], [[], []])
  })

  test('sends a command while the worker has a channel', () => {
    const { worker, channel } = bench()
    assert.deepEqual([channel.send(retireCommand), channel.quit('SIGINT')], [true, true])
    worker.process.connected = false
    assert.deepEqual([channel.send(retireCommand), channel.quit('SIGINT')], [false, false])
    assert.deepEqual(worker.commands, ['RETIRE', 'QUIT'])
  })

  test('repeats the last command to a worker that can have missed the command', () => {
    const { worker, channel } = bench()
    worker.says('MISSED')
    assert.deepEqual(worker.commands, [])
    channel.send(retireCommand)
    channel.send(reopenCommand)
    worker.says('MISSED')
    assert.deepEqual(worker.commands, ['RETIRE', 'REOPEN', 'RETIRE'])
  })

  test('listens again after a hook has removed all listeners', () => {
    const { worker, events } = bench()
    worker.process.removeAllListeners()
    worker.says('SPENT')
    assert.deepEqual(events, ['spent'])
  })

  test('remembers for a while that another process asked the worker', () => {
    const { worker, channel, pass } = bench()
    assert.equal(channel.wasAsked(700), false)
    worker.says('ASKED')
    pass(700)
    assert.equal(channel.wasAsked(700), true)
    pass(1)
    assert.equal(channel.wasAsked(700), false)
  })
})
