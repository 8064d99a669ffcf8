import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { httpOutcome } from '../../../src/push/answers/http-outcome.ts'
import type { Concern } from '../../../src/push/answers/outcome.ts'
import { httpAnswer } from '../../support/otel/http-answer.ts'

/** All statuses that docs/otlp.md names, and a few others. */
const statuses: Readonly<Record<Concern | 'later', readonly number[]>> = {
  later: [408, 425, 429, 502, 503, 504],
  content: [400, 422],
  size: [413],
  receiver: [
    ...[101, 301, 302, 307, 308],
    ...[401, 404, 405, 406, 407, 410, 411, 415, 426, 431, 501, 505],
  ],
  request: [402, 403, 409, 418, 500, 507, 520],
}

describe('A status other than success', () => {
  for (const [concern, list] of Object.entries(statuses)) {
    for (const status of list) {
      test(`${status} concerns ${concern}`, () => {
        const outcome = httpOutcome(httpAnswer({ status, statusText: 'Text' }), [])
        const reason = `${status} Text`
        const expected =
          concern === 'later'
            ? { kind: 'unavailable', reason, retryAfterMs: undefined }
            : { kind: 'refused', concerns: concern, status: String(status), reason }
        assert.deepEqual(outcome, expected)
      })
    }
  }

  test('has the wish of the receiver for a later attempt', () => {
    const outcome = httpOutcome(httpAnswer({ status: 503, retryAfter: '7' }), [])
    assert.equal('retryAfterMs' in outcome && outcome.retryAfterMs, 7_000)
  })

  test('400 concerns the size where the message says so', () => {
    const concernOf = (status: number, body: string): unknown => {
      const outcome = httpOutcome(httpAnswer({ status, mediaType: 'text/plain', body }), [])
      return 'concerns' in outcome && outcome.concerns
    }
    assert.equal(concernOf(400, 'http: request body too large'), 'size')
    assert.equal(concernOf(400, 'the Body is too large'), 'size')
    assert.equal(concernOf(400, 'the name is too large'), 'content')
    assert.equal(concernOf(500, 'http: request body too large'), 'request')
  })
})

describe('The reason of a refusal', () => {
  const reasonOf = (parts: Parameters<typeof httpAnswer>[0], secrets: string[] = []): unknown => {
    const outcome = httpOutcome(httpAnswer(parts), secrets)
    return 'reason' in outcome && outcome.reason
  }

  test('has the message of the receiver without secrets', () => {
    const body = 'unknown key abc123'
    assert.equal(
      reasonOf({ mediaType: 'text/plain', body }, ['abc123']),
      '400 Bad Request: unknown key ***',
    )
  })

  test('has the target of a redirect without its query and its fragment', () => {
    const parts = { status: 302, statusText: 'Found' }
    assert.equal(reasonOf({ ...parts, location: '/login?token=t#x' }), '302 Found to /login')
    assert.equal(reasonOf({ ...parts, location: '/login#t' }), '302 Found to /login')
  })
})

describe('A success', () => {
  test('is each status from 200 to 299', () => {
    const kindOf = (status: number): string => httpOutcome(httpAnswer({ status }), []).kind
    assert.deepEqual([199, 200, 204, 299, 300].map(kindOf), [
      ...['refused', 'accepted', 'accepted', 'accepted', 'refused'],
    ])
  })

  test('has the partial success of the receiver', () => {
    const body = '{"partialSuccess":{"rejectedDataPoints":"2","errorMessage":"old"}}'
    const answer = httpAnswer({ status: 200, mediaType: 'application/json', body })
    assert.deepEqual(httpOutcome(answer, []), {
      kind: 'accepted',
      partialSuccess: { rejectedPoints: 2, message: 'old' },
    })
  })

  test('is none with a page for people', () => {
    const refusal = { kind: 'refused', concerns: 'receiver', status: '200' }
    const end = 'a proxy answers in the place of the receiver'
    const body = '<html>'
    assert.deepEqual(httpOutcome(httpAnswer({ status: 200, mediaType: 'text/html', body }), []), {
      ...refusal,
      reason: `200 with text/html: ${end}`,
    })
    assert.deepEqual(httpOutcome(httpAnswer({ status: 200, body }), []), {
      ...refusal,
      reason: `200 with HTML: ${end}`,
    })
  })
})
