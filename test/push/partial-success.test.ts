import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type GrpcReceiver, startGrpcReceiver } from '../support/otel/grpc-receiver.ts'
import { type Answer, good, startOddReceiver } from '../support/otel/odd-receiver.ts'
import { counters, isLine, type Pushing, startPushing } from '../support/otel/pushing.ts'
import { eventually } from '../support/programs/app.ts'
import { latestFirst } from '../support/programs/belongings.ts'

/** `ExportMetricsServiceResponse` with 3 rejected data points and the message `too old`. */
const partial = Buffer.from('0a0b080312' + '07746f6f206f6c64', 'hex')

const inProtobuf: Answer = {
  status: 200,
  headers: { 'content-type': 'application/x-protobuf' },
  body: partial,
}

function inJson(body: string): Answer {
  return { status: 200, headers: { 'content-type': 'application/json' }, body }
}

const metrics = () => counters(20)

async function assertTold(pushing: Pushing): Promise<void> {
  await eventually(() => assert.ok(pushing.pushes() >= 3))
  assert.equal(pushing.last()?.error, undefined)
  const { partial_success: points = 0, ...others } = pushing.refused()
  assert.ok(points >= 9 && points % 3 === 0, String(points))
  assert.deepEqual(others, {})
  assert.deepEqual(pushing.lines, [
    'the receiver of pushes rejects data points: 3 of a push: too old (GPE_PUSH_REFUSED)',
  ])
}

async function assertRecovered({ lines }: Pushing): Promise<void> {
  await eventually(() => assert.ok(isLine(lines, /accepts all data points again/)))
}

describe('Rejected points of a partial success are counted, and the message has a line', () => {
  test('over HTTP with protobuf', async (own) => {
    const context = latestFirst(own)
    const receiver = await startOddReceiver(context, () => inProtobuf)
    const pushing = startPushing(context, { url: receiver.url, metrics })
    await assertTold(pushing)
    receiver.answer = () => good
    await assertRecovered(pushing)
  })

  test('over HTTP with JSON', async (own) => {
    const context = latestFirst(own)
    const receiver = await startOddReceiver(context, () =>
      inJson('{"partialSuccess":{"rejectedDataPoints":"3","errorMessage":"too old"}}'),
    )
    const protocol = 'http/json'
    const pushing = startPushing(context, { url: receiver.url, metrics, protocol })
    await assertTold(pushing)
    receiver.answer = () => inJson('{"partialSuccess":{}}')
    await assertRecovered(pushing)
  })

  test('over gRPC', async (own) => {
    const context = latestFirst(own)
    const receiver = await startGrpcReceiver(context, () => partial)
    const pushing = startPushing(context, { url: receiver.url, metrics, protocol: 'grpc' })
    await assertTold(pushing)
    receiver.answer = () => new Uint8Array()
    await assertRecovered(pushing)
  })

  test('and a warning without rejected points has a line too', async (own) => {
    const context = latestFirst(own)
    const receiver = await startOddReceiver(context, () =>
      inJson('{"partialSuccess":{"errorMessage":"deprecated"}}'),
    )
    const pushing = startPushing(context, { url: receiver.url, metrics })
    await eventually(() => assert.ok(isLine(pushing.lines, /0 of a push: deprecated/)))
    assert.deepEqual(pushing.refused(), {})
  })

  test('and deltas do not send these points again', async (own) => {
    const context = latestFirst(own)
    const receiver = await startOddReceiver(context, () => inProtobuf)
    const pushing = startPushing(context, { url: receiver.url, metrics, isDelta: true })
    await eventually(() => assert.ok(pushing.pushes() >= 3))
    assert.equal(receiver.requests.length, 1)
  })
})

describe('A receiver over gRPC that answers', () => {
  const codes = {
    INVALID_ARGUMENT: 3,
    PERMISSION_DENIED: 7,
    RESOURCE_EXHAUSTED: 8,
    UNIMPLEMENTED: 12,
    INTERNAL: 13,
    UNAVAILABLE: 14,
    UNAUTHENTICATED: 16,
  } as const

  async function started(
    own: Parameters<typeof latestFirst>[0],
    answer: GrpcReceiver['answer'],
    options: Readonly<Record<string, number>> = {},
  ) {
    const context = latestFirst(own)
    const receiver = await startGrpcReceiver(context, answer, options)
    const pushing = startPushing(context, {
      url: receiver.url,
      metrics: () => counters(20, 300),
      protocol: 'grpc',
      limits: { pushPoints: 110 },
    })
    return { receiver, pushing }
  }

  const names = ({ taken }: GrpcReceiver): Set<string> =>
    new Set(taken().map(({ name, value }) => (name === 'many' ? `many ${value}` : name)))

  test('INVALID_ARGUMENT to one metric gets all others', async (own) => {
    const { receiver, pushing } = await started(own, (points) =>
      points.some(({ name }) => name === 'm7')
        ? { code: codes.INVALID_ARGUMENT, details: 'bad m7' }
        : new Uint8Array(),
    )
    await eventually(() => assert.equal(pushing.last()?.refusedMetrics[0]?.name, 'm7'))
    assert.equal(names(receiver).size, 319)
    assert.deepEqual(Object.keys(pushing.refused()), ['INVALID_ARGUMENT'])
    assert.ok(isLine(pushing.lines, /gets the others: m7: 3 INVALID_ARGUMENT: bad m7/))
  })

  test('RESOURCE_EXHAUSTED to large messages gets everything', async (own) => {
    const { receiver, pushing } = await started(own, () => new Uint8Array(), {
      'grpc.max_receive_message_length': 3_000,
    })
    await eventually(() => assert.equal(names(receiver).size, 320))
    await eventually(() => assert.ok((pushing.last()?.requestPoints ?? 5_000) < 110))
    assert.equal(pushing.last()?.error, undefined)
    assert.deepEqual(pushing.refused(), {})
  })

  for (const [name, details, retries] of [
    ['UNAVAILABLE', 'busy', false],
    ['RESOURCE_EXHAUSTED', 'quota', true],
  ] as const) {
    test(`${name} is tried again, and gets no further request in the push`, async (own) => {
      const code = codes[name]
      const { receiver, pushing } = await started(own, () => ({ code, details, retries }))
      await eventually(() => assert.ok(pushing.pushes() >= 2))
      assert.match(pushing.last()?.error ?? '', new RegExp(`${name}: ${details}`))
      assert.deepEqual(pushing.refused(), {})
      assert.ok(receiver.requests() <= pushing.pushes() + 1)
    })
  }

  for (const name of ['UNAUTHENTICATED', 'UNIMPLEMENTED'] as const) {
    test(`${name} gets one request in a push`, async (own) => {
      const { receiver, pushing } = await started(own, () => ({ code: codes[name], details: 'no' }))
      await eventually(() => assert.ok(pushing.pushes() >= 2))
      assert.ok(receiver.requests() <= pushing.pushes() + 1)
      assert.ok((pushing.refused()[name] ?? 0) > 0)
    })
  }

  for (const name of ['PERMISSION_DENIED', 'INTERNAL', 'RESOURCE_EXHAUSTED'] as const) {
    test(`${name} to one request gets the others`, async (own) => {
      const { receiver, pushing } = await started(own, (points) =>
        points.some((point) => point.name === 'm7')
          ? { code: codes[name], details: 'quota' }
          : new Uint8Array(),
      )
      await eventually(() => assert.ok(pushing.pushes() >= 2))
      assert.equal(names(receiver).size, 210)
      assert.match(pushing.last()?.error ?? '', new RegExp(name))
    })
  }
})
