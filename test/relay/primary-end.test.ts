import assert from 'node:assert/strict'
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { followPrimaryEnd, tellEnd } from '../../src/relay/primary-end.ts'

const message = { cmd: 'NODE_GUNICORN_PRIMARY_ENDS' }

describe('tellEnd()', () => {
  test('tells a worker, and leaves the channel open', async (context) => {
    const child = await startedChild(context)
    assert.equal(tellEnd(child), true)
    assert.deepEqual(await once(child, 'message'), [{ internal: message }, undefined])
    assert.equal(child.connected, true)
  })

  test('tells a worker that has not confirmed a socket', async (context) => {
    const child = await startedChild(context)
    const server = createServer().listen(0, '127.0.0.1')
    context.after(() => server.close())
    await once(server, 'listening')
    const received: unknown[] = []
    child.on('message', (each) => received.push(each))
    child.send({ sent: 'socket' }, server)
    child.send({ sent: 'waits behind the socket' })
    tellEnd(child)
    while (received.length < 4) await once(child, 'message')
    assert.deepEqual(received[2], { internal: message })
    assert.deepEqual(received[3], 'waits behind the socket')
  })

  test('closes a channel that takes no message', async (context) => {
    const reader = "process.on('message', () => {}); process.send('ready')"
    const child = spawn(process.execPath, ['-e', reader], { stdio: ['ignore', 'ignore', 2, 'ipc'] })
    context.after(() => child.kill('SIGKILL'))
    await once(child, 'message')
    child.kill('SIGSTOP')
    const text = 'x'.repeat(1e6)
    while (child.send(text, () => {}));
    const exit = once(child, 'exit')
    assert.equal(tellEnd(child), true)
    child.kill('SIGCONT')
    assert.deepEqual(await exit, [0, null])
  })

  test('closes the channel where the send() of the application throws', async (context) => {
    const child = await startedChild(context)
    child.send = () => {
      throw new Error('replaced')
    }
    const exit = once(child, 'exit')
    assert.equal(tellEnd(child), true)
    await exit
  })

  test('leaves a closed channel alone', async (context) => {
    const child = await startedChild(context)
    child.disconnect()
    assert.equal(tellEnd(child), false)
  })
})

describe('followPrimaryEnd()', () => {
  test('ends the worker in a later turn', () => {
    const { channel, events, run } = followed()
    channel.emit('internalMessage', message)
    assert.deepEqual(events, [])
    run()
    assert.deepEqual(events, ['before end', 'disconnect'])
  })

  test('leaves the last report of a worker that disconnects by itself', () => {
    const { channel, events, run } = followed({ endsWithChannel: false })
    channel.emit('internalMessage', message)
    run()
    assert.deepEqual(events, ['leave'])
    assert.equal(channel.connected, true)
  })

  for (const [title, state] of [
    ['that waits for the confirmation of a socket', { _handleQueue: [] }],
    ['with a part of a message', { [Symbol('kChannelHandle')]: { buffering: true } }],
  ] as const) {
    test(`leaves the channel ${title} open`, () => {
      const { channel, events, run } = followed()
      Object.assign(channel, state)
      channel.emit('internalMessage', message)
      run()
      assert.deepEqual(events, ['leave'])
    })
  }

  test('does nothing after the channel has closed', () => {
    const { channel, events, run } = followed()
    channel.emit('internalMessage', message)
    channel.connected = false
    run()
    assert.deepEqual(events, [])
  })

  test('ignores another message, and each message after its stop', () => {
    const { channel, events, run, stop } = followed()
    channel.emit('internalMessage', { cmd: 'NODE_CLUSTER' })
    stop()
    channel.emit('internalMessage', message)
    run()
    assert.deepEqual(events, [])
  })
})

class Channel extends EventEmitter {
  connected = true
  disconnect = (): void => {}
}

function followed({ endsWithChannel = true } = {}) {
  const channel = new Channel()
  const events: string[] = []
  channel.disconnect = () => events.push('disconnect')
  const acts: (() => void)[] = []
  const stop = followPrimaryEnd({
    endsWithChannel: () => endsWithChannel,
    beforeEnd: () => events.push('before end'),
    leave: () => events.push('leave'),
    later: (act) => acts.push(act),
    onFault: assert.fail,
    channel,
  })
  const run = (): void => {
    for (const act of acts) act()
  }
  return { channel, events, run, stop }
}

async function startedChild(context: TestContext): Promise<ChildProcess> {
  const child = fork(join(import.meta.dirname, '../fixtures/relay/echo.cjs'), { execArgv: [] })
  context.after(() => child.kill('SIGKILL'))
  await once(child, 'message')
  return child
}
