import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { relayLimits } from '../../src/limits/relay.ts'
import type { ReportStream } from '../../src/model/report-stream.ts'
import {
  ipcTransport,
  listenToPrimary,
  listenToWorker,
  pageServerQuestion,
  requestResync,
  type SendingChannel,
  sendPageServer,
} from '../../src/relay/ipc.ts'

const streams: readonly [stream: ReportStream, report: string, resync: string][] = [
  ['preload', 'NODE_GUNICORN_REPORT', 'NODE_GUNICORN_RESYNC'],
  ['sdk', 'NODE_GUNICORN_SDK_REPORT', 'NODE_GUNICORN_SDK_RESYNC'],
]
const question = { cmd: 'NODE_GUNICORN_ASK_PAGE_SERVER' }
const address = { port: 4_711, token: 'a'.repeat(64) }

/** Acknowledges nothing by itself. */
class ManualChannel extends EventEmitter implements SendingChannel {
  connected = true
  readonly envelopes: unknown[] = []
  readonly acknowledgements: ((error: Error | null) => void)[] = []

  send(envelope: unknown, ...[, , done]: [undefined, undefined, (error: Error | null) => void]) {
    this.envelopes.push(envelope)
    this.acknowledgements.push(done)
    return true
  }
}

describe('ipcTransport()', () => {
  for (const [stream, cmd] of streams) {
    test(`sends a report of the stream ${stream} in an envelope`, () => {
      const { channel, transport, results, left } = opened(stream)
      transport.send('text', (error) => results.push(error))
      assert.deepEqual(channel.envelopes, [{ cmd, text: 'text' }])
      assert.deepEqual(results, [])
      channel.acknowledgements[0]?.(null)
      assert.deepEqual(results, [undefined])
      assert.deepEqual(left, [])
    })
  }

  test('passes on the error of a closed channel', () => {
    const { channel, transport, results } = opened()
    const error = new Error('channel closed')
    transport.send('text', (result) => results.push(result))
    channel.acknowledgements[0]?.(error)
    assert.deepEqual(results, [error])
  })

  test('refuses a report while as many reports as allowed are unsent', () => {
    const { channel, transport, results } = opened()
    for (let index = 0; index < relayLimits.reportsInFlight; index += 1) {
      transport.send('text', () => {})
    }
    assert.equal(channel.envelopes.length, relayLimits.reportsInFlight)
    transport.send('text', (error) => results.push(String(error)))
    assert.equal(channel.envelopes.length, relayLimits.reportsInFlight)
    assert.deepEqual(results, ['Error: 3 reports are unsent, the most that the channel may hold.'])
    channel.acknowledgements[0]?.(null)
    transport.send('text', () => {})
    assert.equal(channel.envelopes.length, relayLimits.reportsInFlight + 1)
  })

  test('passes on each error that the channel throws, and accepts reports afterwards', () => {
    const { channel, transport, results } = opened()
    const error = new Error('thrown')
    let throws = true
    const throwing = ipcTransport(() => {}, 'preload', {
      connected: true,
      send(envelope, ...rest) {
        if (throws) throw error
        return channel.send(envelope, ...rest)
      },
    })
    for (let index = 0; index <= relayLimits.reportsInFlight; index += 1) {
      throwing.send('text', (result) => results.push(result))
    }
    assert.deepEqual(results, Array(relayLimits.reportsInFlight + 1).fill(error))
    throws = false
    assert.equal(throwing.sendLast('last'), true)
    assert.equal(transport.sendLast('last'), true)
  })

  test('reports an error in a process without a channel', () => {
    const results: unknown[] = []
    const transport = ipcTransport(() => {}, 'preload', { connected: false })
    transport.send('text', (error) => results.push(String(error)))
    assert.deepEqual(results, ['Error: This process has no IPC channel.'])
  })

  test('uses the function that the channel had at the start', () => {
    const { channel, transport } = opened()
    channel.send = () => assert.fail('the function of the application was called')
    transport.send('text', () => {})
    assert.equal(channel.envelopes.length, 1)
  })

  const longest = 'x'.repeat(relayLimits.lastReportChars)
  const lastReports: readonly [title: string, text: string, change: (to: Opened) => void][] = [
    ['that is too large', `${longest}x`, () => {}],
    ['on a closed channel', 'text', ({ channel }) => Object.assign(channel, { connected: false })],
    ['while a report is unsent', 'text', ({ transport }) => transport.send('first', () => {})],
  ]
  for (const [title, text, change] of lastReports) {
    test(`does not send a last report ${title}`, () => {
      const open = opened()
      change(open)
      const sent = open.channel.envelopes.length
      assert.equal(open.transport.sendLast(text), false)
      assert.equal(open.channel.envelopes.length, sent)
    })
  }

  test('sends a last report of the largest size on an idle channel', () => {
    const { channel, transport, left } = opened()
    transport.send('first', () => {})
    channel.acknowledgements[0]?.(null)
    assert.equal(transport.sendLast(longest), true)
    assert.deepEqual(left, [])
    assert.equal(channel.envelopes.length, 2)
  })

  test('uses the channel of this process by default', () => {
    assert.equal(ipcTransport(() => {}).sendLast('text'), false)
  })
})

describe('listenToPrimary()', () => {
  for (const [stream, , resync] of streams) {
    test(`calls onResync for the stream ${stream} alone, until it stops`, () => {
      const channel = new ManualChannel()
      let resyncs = 0
      const onResync = (): void => {
        resyncs += 1
      }
      const stop = listenToPrimary({ onResync }, stream, channel)
      for (const [, , cmd] of streams) channel.emit('internalMessage', { cmd })
      assert.equal(resyncs, 1)
      stop()
      channel.emit('internalMessage', { cmd: resync })
      assert.equal(resyncs, 1)
    })
  }

  test('passes on the address of a page server, and ignores each other message', () => {
    const channel = new ManualChannel()
    const addresses: unknown[] = []
    const listeners = {
      onResync: () => assert.fail(),
      onPageServer: addresses.push.bind(addresses),
    }
    listenToPrimary(listeners, 'preload', channel)
    const cmd = 'NODE_GUNICORN_PAGE_SERVER'
    const messages = [null, 'text', { cmd }, { cmd, address: { ...address, port: 0 } }, { address }]
    for (const message of messages) channel.emit('internalMessage', message)
    assert.deepEqual(addresses, [])
    channel.emit('internalMessage', { cmd, address })
    assert.deepEqual(addresses, [address])
  })

  test('ignores a page server without a listener for page servers', () => {
    const channel = new ManualChannel()
    listenToPrimary({ onResync: () => assert.fail() }, 'preload', channel)
    channel.emit('internalMessage', { cmd: 'NODE_GUNICORN_PAGE_SERVER', address })
  })
})

describe('pageServerQuestion()', () => {
  test('asks once at a time', () => {
    const channel = new ManualChannel()
    const ask = pageServerQuestion(channel)
    ask()
    ask()
    assert.deepEqual(channel.envelopes, [question])
    channel.acknowledgements[0]?.(null)
    ask()
    assert.deepEqual(channel.envelopes, [question, question])
  })

  test('asks nothing on a closed channel', () => {
    const channel = new ManualChannel()
    const ask = pageServerQuestion(channel)
    channel.connected = false
    ask()
    assert.deepEqual(channel.envelopes, [])
  })

  test('asks nothing in a process without a channel', () => {
    pageServerQuestion({ connected: true })()
  })

  test('asks again after the channel has thrown an error', () => {
    let questions = 0
    const ask = pageServerQuestion({
      connected: true,
      send() {
        questions += 1
        throw new Error('thrown')
      },
    })
    ask()
    ask()
    assert.equal(questions, 2)
  })
})

describe('In the primary,', () => {
  for (const [stream, report, resync] of streams) {
    test(`listenToWorker() gets reports of ${stream} only, until it stops`, async (context) => {
      const child = await startedChild(context)
      const texts: unknown[] = []
      const stop = listenToWorker(child, { onReport: (text) => texts.push(text) }, stream)
      for (const [name, cmd] of streams) await sendFrom(child, { cmd, text: name })
      await sendFrom(child, question)
      assert.deepEqual(texts, [stream])
      stop()
      await sendFrom(child, { cmd: report, text: 'later' })
      assert.deepEqual(texts, [stream])
    })

    test(`requestResync() asks a worker for the stream ${stream}`, async (context) => {
      const child = await startedChild(context)
      requestResync(child, stream)
      assert.deepEqual(await once(child, 'message'), [{ internal: { cmd: resync } }, undefined])
    })
  }

  test('listenToWorker() receives the question for the page server', async (context) => {
    const child = await startedChild(context)
    let questions = 0
    listenToWorker(child, {
      onReport: () => assert.fail(),
      onPageServerQuestion: () => {
        questions += 1
      },
    })
    await sendFrom(child, question)
    assert.equal(questions, 1)
  })

  test('sendPageServer() sends the address', async (context) => {
    const child = await startedChild(context)
    sendPageServer(child, address)
    const internal = { cmd: 'NODE_GUNICORN_PAGE_SERVER', address }
    assert.deepEqual(await once(child, 'message'), [{ internal }, undefined])
  })

  test('a message to a dead worker has no effect', async (context) => {
    const child = await startedChild(context)
    child.kill('SIGKILL')
    // The channel is still open here: the send itself fails.
    requestResync(child)
    await once(child, 'close')
    requestResync(child)
    sendPageServer(child, address)
    await new Promise((resolve) => setImmediate(resolve))
  })
})

interface Opened {
  readonly channel: ManualChannel
  readonly transport: ReturnType<typeof ipcTransport>
  readonly left: string[]
  readonly results: unknown[]
}

function opened(stream?: ReportStream): Opened {
  const channel = new ManualChannel()
  const left: string[] = []
  const transport = ipcTransport((text) => left.push(text), stream, channel)
  return { channel, transport, left, results: [] }
}

async function startedChild(context: TestContext): Promise<ChildProcess> {
  const child = fork(join(import.meta.dirname, '../fixtures/relay/echo.cjs'), { execArgv: [] })
  context.after(() => child.kill('SIGKILL'))
  await once(child, 'message')
  return child
}

/** Resolves when the message has arrived. */
async function sendFrom(child: ChildProcess, sent: unknown): Promise<void> {
  const arrived = once(child, 'message')
  child.send({ sent })
  child.send({ sent: 'arrived' })
  await arrived
}
