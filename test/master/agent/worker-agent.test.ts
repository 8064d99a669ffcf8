import assert from 'node:assert/strict'
import { channel } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, test } from 'node:test'
import { masterLimits } from '../../../src/limits/master.ts'
import { heldSignals, type WorkerSettings } from '../../../src/master/agent/message.ts'
import { WorkerAgent } from '../../../src/master/agent/worker-agent.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { FakeProcess } from '../../support/master/fake-process.ts'

const off: WorkerSettings = { beatMs: 0, keepAliveMs: 1_000, gracefulMs: 0, requests: 0 }

function started(settings: Partial<WorkerSettings> = {}, clock?: ManualClock): FakeProcess {
  const worker = new FakeProcess()
  new WorkerAgent({ ...off, ...settings }, worker.asProcess(), clock).start()
  return worker
}

function finishesResponse(): void {
  channel('http.server.response.finish').publish({ response: {}, socket: {} })
}

function ref(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
}

describe('WorkerAgent, when the master asks,', () => {
  // The first test: later, the drained agents of other tests close each server that listens.
  test('finishes requests before it ends the process', async (context) => {
    const worker = started()
    const server = createServer((_, response) => {
      worker.gets('RETIRE')
      worker.gets('RELEASE')
      setImmediate(() => {
        worker.events.push('response')
        response.end('served')
      })
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    context.after(() => server.close())
    const { port } = server.address() as AddressInfo
    const response = await fetch(`http://127.0.0.1:${port}`)
    assert.equal(response.headers.get('connection'), 'close')
    await response.text()
    while (worker.events.length < 3) await new Promise((resolve) => setTimeout(resolve, 1))
    assert.deepEqual(worker.events.slice(0, 3), ['CLOSED', 'response', 'exit 0'])
  })

  test('reports the closed servers, and exits when released', () => {
    const worker = started()
    worker.gets('RETIRE')
    worker.gets('RETIRE')
    assert.deepEqual(worker.events, ['CLOSED'])
    worker.callbacks[0]?.(null)
    assert.deepEqual(worker.events, ['CLOSED'])
    worker.gets('RELEASE')
    assert.deepEqual(worker.events, ['CLOSED', 'exit 0'])
  })

  test('exits at once for the command to quit', () => {
    const worker = started()
    worker.gets('QUIT', 'SIGQUIT')
    assert.deepEqual(worker.events, ['exit 0'])
  })

  test('lets the listener of the application end the process that must quit', async () => {
    const clock = new ManualClock()
    const worker = started({}, clock)
    worker.on('SIGINT', (...values) => void worker.events.push(values.join(' ')))
    worker.gets('QUIT', 'SIGINT')
    assert.deepEqual(worker.events, ['SIGINT 2'])
    assert.equal(worker.listenerCount('SIGINT'), 1)
    await clock.advance(masterLimits.quitMs)
    assert.deepEqual(worker.events, ['SIGINT 2', 'exit 0'])
  })

  test('asks the application to reopen its logs, if the application can', () => {
    const worker = started()
    worker.gets('REOPEN')
    assert.deepEqual(worker.events, [])
    worker.on('SIGUSR1', () => {})
    worker.gets('REOPEN')
    assert.deepEqual(worker.events, ['SIGUSR1 to 77'])
  })

  test('ignores the messages of others', () => {
    const worker = started()
    worker.on('SIGUSR1', () => {})
    for (const message of [undefined, 7, {}, { cmd: 'NODE_OTHER' }]) {
      worker.emit('internalMessage', message)
    }
    assert.deepEqual(worker.events, [])
  })

  test('ends by SIGTERM when the application has a listener for its own shutdown', () => {
    const worker = started()
    worker.on('SIGTERM', (...values) => void worker.events.push(values.join(' ')))
    worker.gets('RETIRE')
    worker.gets('RELEASE')
    assert.deepEqual(worker.events, ['CLOSED', 'SIGTERM 15'])
    assert.equal(worker.listenerCount('SIGTERM'), 1)
  })
})

describe('WorkerAgent, at a signal,', () => {
  for (const signal of heldSignals) {
    test(`asks the master at ${signal}, and waits for the command`, () => {
      const worker = started()
      worker.raise(signal)
      worker.callbacks[0]?.(null)
      assert.deepEqual(worker.messages, [{ cmd: 'NODE_GUNICORN_ASKED', signal }])
      assert.deepEqual(worker.events, ['ASKED'])
    })
  }

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT']) {
    test(`keeps ${signal} from a listener of the application`, () => {
      const worker = started()
      worker.on(signal, () => void worker.events.push('listener'))
      worker.raise(signal)
      assert.deepEqual(worker.events, ['ASKED'])
    })
  }

  test('leaves SIGHUP to an application with a listener', () => {
    const worker = started()
    worker.on('SIGHUP', (...values) => void worker.events.push(values.join(' ')))
    worker.raise('SIGHUP')
    assert.deepEqual(worker.events, ['SIGHUP 1'])
  })

  for (const [signal, events] of [
    ['SIGTERM', ['ASKED', 'CLOSED']],
    ['SIGQUIT', ['ASKED', 'exit 0']],
  ] as const) {
    test(`acts alone at ${signal} when the master does not answer`, async () => {
      const clock = new ManualClock()
      const worker = started({}, clock)
      worker.raise(signal)
      await clock.advance(masterLimits.answerMs - 1)
      assert.deepEqual(worker.events, ['ASKED'])
      await clock.advance(1)
      assert.deepEqual(worker.events, events)
    })
  }

  test('waits without limit when the master has answered', async () => {
    const clock = new ManualClock()
    const worker = started({}, clock)
    worker.raise('SIGTERM')
    worker.gets('HEARD')
    await clock.advance(masterLimits.answerMs)
    assert.deepEqual(worker.events, ['ASKED'])
  })
})

describe('WorkerAgent, without a master,', () => {
  test('drains and exits at SIGTERM when the channel is closed', () => {
    const worker = started()
    worker.connected = false
    worker.raise('SIGTERM')
    assert.deepEqual(worker.events, ['exit 0'])
  })

  test('drains and exits at SIGTERM when a message does not arrive', () => {
    const worker = started()
    worker.raise('SIGTERM')
    worker.callbacks[0]?.(new Error('write EPIPE'))
    worker.callbacks[1]?.(new Error('write EPIPE'))
    assert.deepEqual(worker.events, ['ASKED', 'CLOSED', 'exit 0'])
  })

  for (const refusal of [new Error('channel closed'), 'channel closed']) {
    test(`drains and exits when the channel refuses with ${typeof refusal}`, () => {
      const worker = started()
      worker.refusal = refusal
      worker.raise('SIGTERM')
      assert.deepEqual(worker.events, ['exit 0'])
    })
  }

  test('survives a process without a channel', () => {
    const worker = new FakeProcess()
    Object.assign(worker, { send: undefined })
    new WorkerAgent({ ...off, requests: 1 }, worker.asProcess()).start()
    worker.raise('SIGTERM')
    finishesResponse()
    assert.deepEqual(worker.events, [])
  })
})

describe('WorkerAgent, in a process that the application changes,', () => {
  test('uses the functions from before the application', () => {
    const worker = started()
    Object.assign(worker, { send: undefined, exit: () => {}, memoryUsage: undefined })
    worker.gets('RETIRE')
    worker.gets('RELEASE')
    assert.deepEqual(worker.events, ['CLOSED', 'exit 0'])
  })

  test('listens again after its listener was removed, and asks for a missed command', async () => {
    const clock = new ManualClock()
    const worker = started({}, clock)
    for (const listener of worker.listeners('internalMessage')) {
      worker.off('internalMessage', listener as () => void)
    }
    worker.gets('RETIRE')
    assert.deepEqual(worker.events, [])
    await clock.advance(masterLimits.listenersCheckMs)
    assert.deepEqual(worker.events, ['MISSED'])
    worker.gets('RETIRE')
    assert.deepEqual(worker.events, ['MISSED', 'CLOSED'])
    await clock.advance(masterLimits.listenersCheckMs)
    assert.deepEqual(worker.events, ['MISSED', 'CLOSED'])
  })

  test('tells the other parts of the worker, also after it lost its listener', async () => {
    const clock = new ManualClock()
    const worker = new FakeProcess()
    const heard: unknown[] = []
    new WorkerAgent(off, worker.asProcess(), clock).start({
      onReopen: () => heard.push('reopen'),
      onOther: (message) => heard.push(message),
    })
    for (const listener of worker.rawListeners('internalMessage')) {
      worker.off('internalMessage', listener as () => void)
    }
    await clock.advance(masterLimits.listenersCheckMs)
    const order = { cmd: 'NODE_GUNICORN_PROFILE' }
    worker.emit('internalMessage', order)
    worker.gets('REOPEN')
    assert.deepEqual(heard, [order, 'reopen'])
  })

  test('takes a repeated release for one answer', () => {
    const worker = started()
    worker.gets('RELEASE')
    worker.gets('RETIRE')
    assert.deepEqual(worker.events, ['CLOSED'])
    worker.gets('RELEASE')
    assert.deepEqual(worker.events, ['CLOSED', 'exit 0'])
  })
})

describe('WorkerAgent, with heartbeats,', () => {
  function beating(beatMs: number): [FakeProcess, (ms: number) => Promise<void>] {
    const clock = new ManualClock()
    return [started({ beatMs }, clock), (ms) => clock.advance(ms)]
  }

  test('sends the next heartbeat only when the last heartbeat has left the process', async () => {
    const [worker, tick] = beating(50)
    await tick(49)
    assert.deepEqual(worker.events, [])
    await tick(1)
    await tick(500)
    assert.deepEqual(worker.events, ['BEAT'])
    assert.deepEqual(worker.messages, [{ cmd: 'NODE_GUNICORN_BEAT', rssBytes: 4_096 }])
    worker.callbacks[0]?.(null)
    await tick(50)
    assert.deepEqual(worker.events, ['BEAT', 'BEAT'])
    worker.callbacks[1]?.(new Error('write EPIPE'))
    await tick(50)
    assert.deepEqual(worker.events, ['BEAT', 'BEAT', 'BEAT'])
  })

  test('sends heartbeats at the shortest interval', async () => {
    const [worker, tick] = beating(1)
    await tick(1)
    assert.deepEqual(worker.events, ['BEAT'])
  })

  test('sends no heartbeat when heartbeats are off', async () => {
    const [worker, tick] = beating(0)
    await tick(1_000)
    assert.deepEqual(worker.events, [])
  })

  test('does not keep the process alive', () => {
    const before = ref()
    started({ beatMs: 1e6 })
    assert.equal(ref(), before)
  })
})

describe('WorkerAgent, with a number of requests,', () => {
  test('reports once when the worker has served so many responses', () => {
    const worker = started({ requests: 2 })
    finishesResponse()
    assert.deepEqual(worker.events, [])
    finishesResponse()
    worker.callbacks[0]?.(null)
    finishesResponse()
    assert.deepEqual(worker.events, ['SPENT'])
  })

  test('survives that the report does not arrive', () => {
    const worker = started({ requests: 1 })
    worker.refusal = new Error('channel closed')
    finishesResponse()
    assert.deepEqual(worker.events, [])
  })

  test('counts the first response', () => {
    const worker = started({ requests: 1 })
    finishesResponse()
    assert.deepEqual(worker.events, ['SPENT'])
  })

  test('counts no response without a number', () => {
    const worker = started()
    finishesResponse()
    assert.deepEqual(worker.events, [])
  })
})
