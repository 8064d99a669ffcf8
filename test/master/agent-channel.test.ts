import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { quitCommand } from '../../src/master/agent/message.ts'
import { AgentChannel } from '../../src/master/agent-channel.ts'
import { FakeWorker } from '../support/master/fake-cluster.ts'

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
    onBeat: () => void events.push('beat'),
    onSpent: () => void events.push('spent'),
    onAsked: () => void events.push('asked'),
    now: () => now,
  })
  const pass = (ms: number): void => {
    now += ms
  }
  return { worker, channel, events, pass }
}

describe('AgentChannel', () => {
  for (const [name, events, commands] of [
    ['BEAT', ['beat'], []],
    ['SPENT', ['spent'], []],
    ['ASKED', ['asked'], []],
    ['TOLD', [], []],
    ['DRAINED', [], ['RELEASE']],
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
    channel.send(quitCommand)
    worker.process.connected = false
    channel.send(quitCommand)
    assert.deepEqual(worker.commands, ['QUIT'])
  })

  for (const name of ['ASKED', 'TOLD'] as const) {
    test(`remembers for a while that another process asked the worker, ${name}`, () => {
      const { worker, channel, pass } = bench()
      assert.equal(channel.wasAsked(700), false)
      worker.says(name)
      pass(700)
      assert.equal(channel.wasAsked(700), true)
      pass(1)
      assert.equal(channel.wasAsked(700), false)
    })
  }
})
