import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { describe, type TestContext, test } from 'node:test'
import { shareLimits } from '../../../src/limits/share.ts'
import type { Metric } from '../../../src/model/metric.ts'
import { ContinuedState } from '../../../src/share/hand-over/continued-state.ts'
import { helloLine, welcomeLine } from '../../../src/share/hand-over/greeting.ts'
import { HandOver } from '../../../src/share/hand-over/hand-over.ts'
import type { HandOverOffer, Predecessor } from '../../../src/share/hand-over/offer.ts'
import { eventually } from '../../support/programs/app.ts'
import { counted, orders } from '../../support/redis/source-state.ts'

const oldPid = 4_711
const address = '{"port":9000}'

interface Row {
  readonly predecessor?: Predecessor
  readonly parentPid?: () => number
}

/** The part of one master in an upgrade. `orders` is the master's own count. */
function masterOf({ predecessor, parentPid = () => 1 }: Row) {
  const events: string[] = []
  const own = { orders: 0, isReady: false }
  const handOver = new HandOver({
    predecessor,
    parentPid,
    address,
    endpoint: () => ({
      descriptor: () => 30,
      release: () => void events.push('release'),
      listen: (descriptor) => void events.push(`listen ${descriptor}`),
    }),
    continued: new ContinuedState({
      usesSlots: false,
      keepWorkerId: false,
      mergeRules: [],
      retentionMs: 60_000,
    }),
    collect: () => [counted(own.orders)],
    isReady: () => own.isReady,
    onNotice: (text) => void events.push(text),
    onNothing: () => false,
    onFault: () => void events.push('fault'),
  })
  const shown = (): number => sumOf(handOver.page([counted(own.orders)], false))
  return { handOver, events, own, shown }
}

function sumOf(metrics: readonly Metric[]): number {
  return metrics
    .filter(({ descriptor }) => descriptor.name === orders.name)
    .flatMap(({ points }) => points)
    .reduce((sum, { value }) => sum + Number(value), 0)
}

function offerOf({ handOver }: ReturnType<typeof masterOf>): Promise<HandOverOffer> {
  return new Promise((resolve, reject) => {
    handOver.offer((offer) => (offer ? resolve(offer) : reject(new Error('no offer'))))
  })
}

type Answer = (socket: Socket, line: string) => void

/** Connections that a stranger answers. */
const answered = 2

/**
 * A local user in front of an old master. Answers the first connections, and passes the later
 * connections on to the port; with port 0, answers each connection.
 */
async function strangerBefore(
  context: TestContext,
  port: number,
  answer: Answer,
): Promise<{ readonly port: number; readonly received: () => string }> {
  let [connections, received] = [0, '']
  const server = createServer((socket) => {
    connections += 1
    socket.on('error', () => {})
    context.after(() => socket.destroy())
    if (port > 0 && connections > answered) {
      const onward = connect(port, '127.0.0.1')
      onward.on('error', () => socket.destroy())
      socket.pipe(onward).pipe(socket)
    } else {
      socket.once('data', (line) => {
        received += String(line)
        answer(socket, String(line))
      })
    }
  })
  context.after(() => server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return { port: (server.address() as AddressInfo).port, received: () => received }
}

/** An old master with 5 orders and its successor with 2, connected. */
async function upgrading(context: TestContext) {
  const old = masterOf({})
  old.own.orders = 5
  context.after(() => old.handOver.successorEnded())
  const offer = await offerOf(old)
  let parent = oldPid
  const next = masterOf({ predecessor: { pid: oldPid, offer }, parentPid: () => parent })
  next.own.orders = 2
  await eventually(async () => {
    assert.deepEqual([old.shown(), next.shown()], [7, 7])
  })
  const endOld = async (): Promise<void> => {
    await old.handOver.last()
    parent = 1
  }
  return { old, next, offer, endOld }
}

describe('HandOver', { concurrency: true }, () => {
  test('shows the totals of both masters on both pages', async (context) => {
    const { old, next } = await upgrading(context)
    assert.equal(next.handOver.holdsEndpoint, true)
    assert.deepEqual([old.handOver.other, next.handOver.other], ['reads', 'writes'])
  })

  test('reaches the old master despite many connections without a token', async (context) => {
    const old = masterOf({})
    old.own.orders = 5
    context.after(() => old.handOver.successorEnded())
    const offer = await offerOf(old)
    for (let count = 0; count <= shareLimits.handOverConnections; count += 1) {
      const socket = connect(offer.port, '127.0.0.1').on('error', () => {})
      context.after(() => socket.destroy())
      await once(socket, 'connect')
    }
    const next = masterOf({ predecessor: { pid: oldPid, offer }, parentPid: () => oldPid })
    await eventually(async () => assert.deepEqual([old.shown(), next.shown()], [5, 5]))
    assert.ok(old.events.includes('fault'))
  })

  const answers: readonly [name: string, answer: Answer][] = [
    ['closes each connection at once', (socket) => socket.destroy()],
    ['ends each connection at once', (socket) => socket.end()],
    ['answers with another line', (socket) => socket.end('{"kind":"welcome"}\n')],
    ['answers with the line of the successor', (socket, line) => socket.end(line)],
    ['does not answer', () => {}],
  ]
  for (const [name, answer] of answers) {
    test(`reaches the old master after a stranger who ${name} got no token`, async (context) => {
      const old = masterOf({})
      old.own.orders = 5
      context.after(() => old.handOver.successorEnded())
      const offer = await offerOf(old)
      const stranger = await strangerBefore(context, offer.port, answer)
      const predecessor = { pid: oldPid, offer: { ...offer, port: stranger.port } }
      const next = masterOf({ predecessor, parentPid: () => oldPid })
      await eventually(async () => assert.deepEqual([old.shown(), next.shown()], [5, 5]))
      assert.equal(next.events.filter((event) => event === 'fault').length, answered)
      assert.ok(stranger.received().length > 0)
      assert.ok(!stranger.received().includes(offer.token))
    })
  }

  test('gives up a stranger on the port when the old master has ended', async (context) => {
    const old = masterOf({})
    const offer = await offerOf(old)
    old.handOver.successorEnded()
    const stranger = await strangerBefore(context, 0, (socket) => socket.destroy())
    let parent = oldPid
    const predecessor = { pid: oldPid, offer: { ...offer, port: stranger.port } }
    const next = masterOf({ predecessor, parentPid: () => parent })
    await eventually(async () => assert.ok(next.events.length > 4))
    assert.equal(next.handOver.other, 'writes')
    parent = 1
    await eventually(async () => assert.equal(next.handOver.other, undefined))
    assert.ok(next.events.some((event) => event.includes('has handed over no metrics')))
    assert.equal(next.events.at(-1), 'listen 30')
  })

  test('tells the other master that a worker serves', async (context) => {
    const { old, next } = await upgrading(context)
    assert.equal(old.handOver.isOtherReady, false)
    next.own.isReady = true
    await eventually(async () => assert.equal(old.handOver.isOtherReady, true))
  })

  test('gives the socket of the endpoint over once, and freezes the old page', async (context) => {
    const { old, next, endOld } = await upgrading(context)
    old.handOver.release()
    await eventually(async () => assert.deepEqual(next.events, ['listen 30']))
    old.own.orders = 6
    assert.equal(old.shown(), 7)
    assert.equal(old.events[0], 'release')
    await endOld()
    await eventually(async () => assert.equal(next.handOver.other, undefined))
    assert.deepEqual(next.events, ['listen 30'])
  })

  test('continues the last totals of the old master after its end', async (context) => {
    const { old, next, endOld } = await upgrading(context)
    old.own.orders = 9
    await endOld()
    await eventually(async () => assert.equal(next.handOver.other, undefined))
    assert.equal(next.shown(), 11)
    assert.deepEqual(next.events, ['listen 30'])
  })

  test('shows the page again, with the totals of an ended successor', async (context) => {
    const { old, next } = await upgrading(context)
    old.handOver.release()
    await eventually(async () => assert.deepEqual(next.events, ['listen 30']))
    next.own.orders = 3
    await next.handOver.last()
    old.handOver.successorEnded()
    await eventually(async () => assert.equal(old.events.at(-1), 'listen undefined'))
    assert.equal(old.shown(), 8)
  })

  test('refuses a client without the token, and closes at the end', async (context) => {
    const { old, next, offer } = await upgrading(context)
    for (const line of [helloLine('0'.repeat(64)), welcomeLine(offer.token, 'hello'), '{}\n']) {
      const stranger = connect({ host: '127.0.0.1', port: offer.port })
      stranger.on('error', () => {})
      stranger.write(line)
      await new Promise((resolve) => stranger.once('close', resolve))
    }
    assert.deepEqual([old.shown(), next.shown()], [7, 7])
    await next.handOver.last()
    old.handOver.successorEnded()
    const late = connect({ host: '127.0.0.1', port: offer.port })
    const [error] = await new Promise<[NodeJS.ErrnoException]>((resolve) => {
      late.once('error', (reason) => resolve([reason]))
    })
    assert.equal(error.code, 'ECONNREFUSED')
  })

  test('starts at 0 with a notice when the old master hands nothing over', async () => {
    const next = masterOf({ predecessor: { pid: oldPid, offer: undefined } })
    await eventually(async () => assert.equal(next.events.length, 1))
    assert.match(next.events[0] ?? '', /pid 4711, has handed over no metrics: totals start at 0/)
    assert.equal(next.handOver.holdsEndpoint, false)
    assert.equal(next.shown(), 0)
  })
})
