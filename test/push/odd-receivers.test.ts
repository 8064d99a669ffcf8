import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type Answer,
  good,
  type OddReceiver,
  type OddRequest,
  startOddReceiver,
} from '../support/otel/odd-receiver.ts'
import { counters, isLine, type Pushing, startPushing } from '../support/otel/pushing.ts'
import { eventually } from '../support/programs/app.ts'
import { type Belongings, latestFirst } from '../support/programs/belongings.ts'

const text = (status: number, body: string): Answer => ({
  status,
  headers: { 'content-type': 'text/plain' },
  body,
})

/** The requests that the receiver took. */
function taken({ requests }: OddReceiver): OddRequest[] {
  return requests.filter(({ answer }) => answer === good)
}

function namesIn(requests: readonly OddRequest[]): Set<string> {
  return new Set(requests.flatMap(({ points }) => points.map(({ name }) => name)))
}

function started(
  context: Belongings,
  receiver: OddReceiver,
  options: Partial<Parameters<typeof startPushing>[1]> = {},
): Pushing {
  return startPushing(context, { url: receiver.url, metrics: () => counters(20), ...options })
}

describe('A receiver that refuses', () => {
  const refuses =
    (name: string, answer: Answer): OddReceiver['answer'] =>
    ({ points }) =>
      points.some((point) => point.name === name) ? answer : good

  for (const status of [400, 422]) {
    test(`one metric with ${status} gets all others, and a line names the metric`, async (own) => {
      const context = latestFirst(own)
      const bad = text(status, 'no such unit')
      const receiver = await startOddReceiver(context, refuses('m13', bad))
      const pushing = started(context, receiver)
      await eventually(() => assert.ok(pushing.last()?.refusedMetrics.length === 1))
      assert.equal(namesIn(taken(receiver)).size, 19)
      assert.ok(
        isLine(pushing.lines, new RegExp(`gets the others: m13: ${status} .*: no such unit`)),
      )
      assert.equal(pushing.last()?.error, undefined)
      // The search is over: a push is one request again.
      const [requests, pushes] = [receiver.requests.length, pushing.pushes()]
      await eventually(() => assert.ok(pushing.pushes() >= pushes + 20))
      assert.ok(receiver.requests.length - requests <= pushing.pushes() - pushes + 1)
      const refused = pushing.refused()[status] ?? 0
      assert.ok(refused >= 20 && refused <= pushing.pushes(), String(refused))
    })
  }

  test('one data point of many gets the other points', async (own) => {
    const context = latestFirst(own)
    const receiver = await startOddReceiver(context, ({ points }) =>
      points.some(({ attributes }) => attributes['n'] === '17') ? text(400, 'n is 17') : good,
    )
    const pushing = started(context, receiver, { metrics: () => counters(20, 300) })
    await eventually(() => assert.equal(pushing.last()?.refusedMetrics[0]?.points, 1))
    const arrived = taken(receiver).flatMap(({ points }) => points)
    const values = new Set(arrived.filter(({ name }) => name === 'many').map(({ value }) => value))
    assert.equal(values.size, 299)
    assert.deepEqual(pushing.status()['refusedMetrics'], [
      { name: 'many', status: '400', points: 1 },
    ])
  })

  test('each point of a metric gets no search for points', async (own) => {
    const context = latestFirst(own)
    const receiver = await startOddReceiver(context, refuses('many', text(400, 'no such metric')))
    const pushing = started(context, receiver, { metrics: () => counters(20, 300) })
    await eventually(() => assert.equal(pushing.last()?.refusedMetrics[0]?.points, 'all'))
    assert.ok(receiver.requests.length < 25, String(receiver.requests.length))
  })

  test('several metrics gets all others, in more than one push', async (own) => {
    const context = latestFirst(own)
    const bad = new Set(['m3', 'm40', 'm41', 'm90', 'm117', 'm118', 'm119'])
    const receiver = await startOddReceiver(context, ({ points }) =>
      points.some(({ name }) => bad.has(name)) ? text(400, 'no') : good,
    )
    const pushing = started(context, receiver, { metrics: () => counters(120) })
    await eventually(() => assert.equal(pushing.last()?.refusedMetrics.length, bad.size))
    assert.equal(namesIn(taken(receiver)).size, 120 - bad.size)
    const named = pushing.lines.filter((line) => line.includes('gets the others')).join()
    assert.match(named, /m3, /)
  })

  test('a metric gets the metric again after it was mended', async (own) => {
    const context = latestFirst(own)
    const receiver = await startOddReceiver(context, refuses('m13', text(400, 'no')))
    const limits = { refusedFirstMs: 20, refusedLastMs: 50 }
    const pushing = started(context, receiver, { limits })
    await eventually(() => assert.equal(pushing.last()?.refusedMetrics.length, 1))
    receiver.answer = () => good
    await eventually(() => assert.ok(isLine(pushing.lines, /accepts all metrics again/)))
    assert.ok(namesIn(taken(receiver)).has('m13'))
    assert.equal(pushing.last()?.refusedMetrics.length, 0)
  })

  test('every request with 400 gets everything after the repair', async (own) => {
    const context = latestFirst(own)
    const receiver = await startOddReceiver(context, () => text(400, 'wrong protocol'))
    // The repair can come during a search, which then leaves the refused metrics out for a time.
    const pushing = started(context, receiver, { limits: { refusedFirstMs: 10 } })
    await eventually(() => assert.ok(pushing.pushes() >= 3))
    assert.match(pushing.last()?.error ?? '', /^400 Bad Request: wrong protocol/)
    assert.deepEqual(pushing.last()?.refusedMetrics, [])
    receiver.answer = () => good
    await eventually(() => assert.equal(namesIn(taken(receiver)).size, 20))
    await eventually(() => assert.equal(pushing.last()?.error, undefined))
    await eventually(() => assert.deepEqual(pushing.last()?.refusedMetrics, []))
  })

  for (const status of [403, 409, 500]) {
    test(`one request with ${status} gets the other requests, and no search`, async (own) => {
      const context = latestFirst(own)
      const receiver = await startOddReceiver(context, refuses('m13', text(status, 'no')))
      const limits = { pushPoints: 5 }
      const pushing = started(context, receiver, { limits })
      await eventually(() => assert.ok(pushing.pushes() >= 3))
      assert.equal(namesIn(taken(receiver)).size, 15)
      assert.ok(receiver.requests.length <= 4 * (pushing.pushes() + 1))
      assert.match(pushing.last()?.error ?? '', new RegExp(`^${status} `))
      assert.ok((pushing.refused()[status] ?? 0) >= 15)
    })
  }

  for (const status of [401, 404, 405, 415]) {
    test(`with ${status} gets one request in a push`, async (own) => {
      const context = latestFirst(own)
      const receiver = await startOddReceiver(context, () => text(status, 'no'))
      const pushing = started(context, receiver, { limits: { pushPoints: 5 } })
      await eventually(() => assert.ok(pushing.pushes() >= 3))
      assert.ok(receiver.requests.length <= pushing.pushes() + 1)
      assert.match(pushing.last()?.error ?? '', new RegExp(`^${status} `))
    })
  }

  test('large requests with 413 gets everything in smaller requests', async (own) => {
    const context = latestFirst(own)
    const most = 3_000
    const receiver = await startOddReceiver(context, ({ bytes }) =>
      bytes > most ? text(413, 'too large') : good,
    )
    const pushing = started(context, receiver, { metrics: () => counters(20, 300) })
    await eventually(() => assert.equal(pushing.last()?.error, undefined))
    await eventually(() => assert.ok((pushing.last()?.requestPoints ?? 5_000) < 100))
    const arrived = taken(receiver).flatMap(({ points }) => points)
    assert.equal(new Set(arrived.map(({ name, value }) => `${name} ${value}`)).size, 320)
    assert.deepEqual(pushing.refused(), {})
    assert.ok(isLine(pushing.lines, /refuses large requests.* at most \d+ data points each/))
    // The next pushes know the size.
    const before = receiver.requests.length
    receiver.answer = ({ bytes }) => (bytes > most ? text(413, 'too large') : good)
    await eventually(() => assert.ok(receiver.requests.length > before + 20))
  })

  for (const [title, answer] of [
    ['as the Collector does', text(400, 'http: request body too large')],
    ['without a hint', text(400, 'no')],
  ] as const) {
    test(`large requests with 400 ${title} gets everything in smaller requests`, async (own) => {
      const context = latestFirst(own)
      const receiver = await startOddReceiver(context, ({ bytes }) =>
        bytes > 10_000 ? answer : good,
      )
      const pushing = started(context, receiver, {
        metrics: () => counters(20, 300),
        limits: { pushesUntilLarger: 1_000_000 },
      })
      await eventually(() => assert.ok((pushing.last()?.requestPoints ?? 5_000) < 320))
      const arrived = taken(receiver).flatMap(({ points }) => points)
      assert.equal(new Set(arrived.map(({ name, value }) => `${name} ${value}`)).size, 320)
      // The next pushes know the size.
      receiver.forget()
      await eventually(() => assert.ok(receiver.requests.length > 10))
      const [first] = receiver.requests
      assert.equal(first?.answer, good)
      assert.deepEqual(pushing.refused(), {})
      assert.equal(pushing.last()?.error, undefined)
    })
  }

  test('a single large metric with 413 gets the others in large requests', async (own) => {
    const context = latestFirst(own)
    const receiver = await startOddReceiver(context, refuses('m13', text(413, 'too large')))
    const pushing = started(context, receiver)
    await eventually(() => assert.equal(pushing.last()?.refusedMetrics[0]?.status, '413'))
    assert.equal(namesIn(taken(receiver)).size, 19)
    await eventually(() => assert.ok((pushing.last()?.requestPoints ?? 0) >= 20))
    assert.ok((pushing.refused()['413'] ?? 0) > 0)
  })
})

describe('With delta temporality, halved requests lose nothing and count nothing twice', () => {
  for (const status of [400, 413]) {
    test(`after ${status}`, async (own) => {
      const context = latestFirst(own)
      const receiver = await startOddReceiver(context, ({ points }) => {
        const isBad = points.some(
          ({ name, attributes }) => name === 'm7' || attributes['n'] === '17',
        )
        return isBad || points.length > 90 ? text(status, 'no') : good
      })
      let grown = 0
      const metrics = () =>
        counters(20, 300).map(({ descriptor, points }) => ({
          descriptor,
          points: points.map(({ attributes, value }) => ({
            attributes,
            value: Number(value) + grown,
          })),
        }))
      const limits = { refusedFirstMs: 100, refusedLastMs: 100 }
      const pushing = started(context, receiver, { metrics, isDelta: true, limits })
      await eventually(() => {
        grown += 1
        assert.equal(pushing.last()?.refusedMetrics.length, 2)
        assert.equal(pushing.last()?.error, undefined)
      })
      receiver.answer = () => good
      const totals = (): Map<string, number> => {
        const sums = new Map<string, number>()
        for (const { name, attributes, value } of taken(receiver).flatMap(({ points }) => points)) {
          const key = `${name} ${attributes['n']}`
          sums.set(key, (sums.get(key) ?? 0) + value)
        }
        return sums
      }
      const expected = new Map(
        metrics().flatMap(({ descriptor, points }) =>
          points.map(({ attributes, value }) => [`${descriptor.name} ${attributes['n']}`, value]),
        ),
      )
      await eventually(() =>
        assert.deepEqual(new Map([...totals()].sort()), new Map([...expected].sort())),
      )
    })
  }
})

describe('A receiver that is overloaded', () => {
  const limit = (retryAfter: string): Answer => ({
    status: 429,
    headers: { 'content-type': 'text/plain', 'retry-after': retryAfter },
    body: 'slow down',
  })

  for (const [title, retryAfter] of [
    ['seconds', () => '1'],
    ['a date', () => new Date(Date.now() + 1_000).toUTCString()],
  ] as const) {
    test(`gets the same request again after Retry-After in ${title}`, async (own) => {
      const context = latestFirst(own)
      let requests = 0
      const receiver = await startOddReceiver(context, () => {
        requests += 1
        return requests === 1 ? limit(retryAfter()) : good
      })
      const pushing = started(context, receiver, { timeoutMs: 20_000 })
      await eventually(() => assert.equal(pushing.last()?.error, undefined))
      await eventually(() => assert.ok(pushing.pushes() > 0))
      // The push did not fail.
      assert.deepEqual(pushing.lines, [])
    })
  }

  for (const [title, retryAfter] of [
    ['seconds', () => '600'],
    ['a date', () => new Date(Date.now() + 600_000).toUTCString()],
  ] as const) {
    test(`gets no push before a long Retry-After in ${title}`, async (own) => {
      const context = latestFirst(own)
      const receiver = await startOddReceiver(context, () => limit(retryAfter()))
      const pushing = started(context, receiver)
      await eventually(() => assert.equal(pushing.pushes(), 1))
      // Without the wish of the receiver, the next push follows after 10 ms.
      await sleep(300)
      assert.equal(receiver.requests.length, 1)
      assert.match(pushing.last()?.error ?? '', /^429 Too Many Requests: slow down$/)
    })
  }

  for (const retryAfter of ['0', '-5', 'soon', 'Thu, 01 Jan 1970 00:00:00 GMT']) {
    test(`gets no hail of attempts after Retry-After: ${retryAfter}`, async (own) => {
      const context = latestFirst(own)
      const receiver = await startOddReceiver(context, () => limit(retryAfter))
      const pushing = started(context, receiver, { timeoutMs: 100 })
      await eventually(() => assert.ok(pushing.pushes() >= 3))
      assert.ok(receiver.requests.length <= pushing.pushes() + 1, `${receiver.requests.length}`)
    })
  }

  test('gets pushes after pushLimits.retryAfterMs, however long it asks', async (own) => {
    const context = latestFirst(own)
    const receiver = await startOddReceiver(context, () => limit('99999999'))
    const pushing = started(context, receiver, { limits: { retryAfterMs: 20 } })
    await eventually(() => assert.ok(pushing.pushes() >= 3))
  })

  test('at one request only gets the requests behind it in the next push', async (own) => {
    const context = latestFirst(own)
    const receiver = await startOddReceiver(context, ({ points }) =>
      points.some(({ name }) => name === 'm0') ? text(502, 'crashed') : good,
    )
    started(context, receiver, { limits: { pushPoints: 5 }, timeoutMs: 50 })
    await eventually(() => assert.equal(namesIn(taken(receiver)).size, 15))
  })
})

describe('An answer', () => {
  test('that repeats a header of the request shows no secret', async (own) => {
    const context = latestFirst(own)
    const receiver = await startOddReceiver(context, () => text(401, 'no such key: k-12345'))
    const pushing = started(context, receiver, { secrets: ['k-12345'] })
    await eventually(() => assert.match(String(pushing.lines), /no such key: \*\*\*/))
    assert.doesNotMatch(String(pushing.lines) + JSON.stringify(pushing.status()), /k-12345/)
  })
})

describe('A receiver that', () => {
  const html = '<!DOCTYPE html><title>Log in</title>'
  const protobuf = { 'content-type': 'application/x-protobuf' }
  const large = Buffer.alloc(5 * 1_024 * 1_024, 'x')

  /** Whether the push succeeds, or the text of its failure. */
  const rows: readonly (readonly [title: string, Answer, RegExp | 'succeeds'])[] = [
    ['answers 200 without a body', { status: 200 }, 'succeeds'],
    ['answers 202', { status: 202 }, 'succeeds'],
    ['answers 204', { status: 204 }, 'succeeds'],
    ['answers 200 with a text', text(200, 'ok'), 'succeeds'],
    ['answers 200 with garbage', { status: 200, headers: protobuf, body: '\xff\xff' }, 'succeeds'],
    [
      'answers 200 with a page in HTML',
      { status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, body: html },
      /^200 with text\/html: a proxy answers in the place of the receiver$/,
    ],
    [
      'calls a page in HTML protobuf',
      { status: 200, headers: protobuf, body: html },
      /^200 with application\/x-protobuf: a proxy answers/,
    ],
    ['answers 200 with 5 MiB', { status: 200, headers: protobuf, body: large }, 'succeeds'],
    [
      'answers 500 with 5 MiB',
      { status: 500, headers: { 'content-type': 'text/plain' }, body: large },
      /^500 Internal Server Error: x+$/,
    ],
    ['answers 403 with a page in HTML', { status: 403, body: html }, /^403 Forbidden$/],
    ...[301, 302, 307, 308].map(
      (status) =>
        [
          `redirects with ${status}`,
          { status, headers: { location: 'http://user:secret@127.0.0.1:1/login?token=1' } },
          new RegExp(`^${status} .* to http://\\*\\*\\*@127.0.0.1:1/login$`),
        ] as const,
    ),
    ['hangs', 'hangs', /timed out|no complete answer within/i],
    ['closes the connection', 'closes', /socket hang up|ECONNRESET/],
    ['sends a body without an end', 'drips', 'succeeds'],
    [
      'closes in the body of a success',
      { bytes: 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\na', closes: true },
      'succeeds',
    ],
    [
      'closes in the head of a success',
      { bytes: 'HTTP/1.1 200 OK\r\nContent-Le', closes: true },
      /socket hang up|ECONNRESET/,
    ],
    [
      'sends junk after a success',
      { bytes: 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\njunk', closes: false },
      'succeeds',
    ],
    [
      'sends hints before a success',
      {
        bytes:
          'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n' +
          'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n',
        closes: true,
      },
      'succeeds',
    ],
    [
      'switches the protocol',
      {
        bytes: 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n',
        closes: false,
      },
      /no complete answer within/,
    ],
    [
      'answers 101 alone',
      { bytes: 'HTTP/1.1 101 Switching Protocols\r\n\r\n', closes: true },
      /^101 Switching Protocols$|socket hang up/,
    ],
    ['speaks SSH', { bytes: 'SSH-2.0-OpenSSH_9.6\r\n', closes: false }, /Parse Error/],
    ['answers 503', text(503, 'busy'), /^503 Service Unavailable: busy$/],
    ['answers 429', text(429, 'slow down'), /^429 Too Many Requests: slow down$/],
  ]

  for (const [title, answer, expected] of rows) {
    const end = expected === 'succeeds' ? 'has the metrics' : 'has a failure with the reason'
    test(`${title} ${end}, and gets the metrics after it was mended`, async (own) => {
      const context = latestFirst(own)
      const receiver = await startOddReceiver(context, () => answer)
      // Shorter than the first pause of OTel's exporter, so that each push has one attempt.
      const pushing = started(context, receiver, { timeoutMs: 750 })
      await eventually(() => assert.ok(pushing.pushes() >= 1))
      const { error } = pushing.last() ?? {}
      if (expected === 'succeeds') assert.equal(error, undefined)
      else assert.match(error ?? '', expected)
      assert.equal(
        isLine(pushing.lines, /metrics cannot be pushed/),
        expected !== 'succeeds',
        String(pushing.lines),
      )
      receiver.answer = () => good
      const before = receiver.requests.length
      await eventually(() => assert.ok(receiver.requests.length > before + 1))
      await eventually(() => assert.equal(pushing.last()?.error, undefined))
      // Connections of failed requests close.
      await eventually(async () => assert.ok((await receiver.connections()) <= 3))
      if (expected !== 'succeeds') assert.ok(isLine(pushing.lines, /metrics are pushed again/))
    })
  }
})
