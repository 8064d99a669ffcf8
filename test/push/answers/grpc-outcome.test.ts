import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { grpcOutcome } from '../../../src/push/answers/grpc-outcome.ts'

function failure(code: unknown, message = 'text', metadata?: unknown): Error {
  return Object.assign(new Error(message), { code, ...(metadata ? { metadata } : {}) })
}

/** By code: the concern of a refusal, or `later`. */
const codes: readonly (readonly [code: number, name: string, meaning: string])[] = [
  [1, 'CANCELLED', 'later'],
  [2, 'UNKNOWN', 'request'],
  [3, 'INVALID_ARGUMENT', 'content'],
  [4, 'DEADLINE_EXCEEDED', 'later'],
  [5, 'NOT_FOUND', 'request'],
  [6, 'ALREADY_EXISTS', 'request'],
  [7, 'PERMISSION_DENIED', 'request'],
  [8, 'RESOURCE_EXHAUSTED', 'request'],
  [9, 'FAILED_PRECONDITION', 'request'],
  [10, 'ABORTED', 'later'],
  [11, 'OUT_OF_RANGE', 'later'],
  [12, 'UNIMPLEMENTED', 'receiver'],
  [13, 'INTERNAL', 'request'],
  [14, 'UNAVAILABLE', 'later'],
  [15, 'DATA_LOSS', 'later'],
  [16, 'UNAUTHENTICATED', 'receiver'],
]

describe('The gRPC code', () => {
  for (const [code, status, meaning] of codes) {
    test(`${code} ${status} means ${meaning}`, () => {
      const expected =
        meaning === 'later'
          ? { kind: 'unavailable', reason: 'text', retryAfterMs: undefined }
          : { kind: 'refused', concerns: meaning, status, reason: 'text' }
      assert.deepEqual(grpcOutcome(failure(code), []), expected)
    })
  }

  test('is missing in other errors', () => {
    for (const code of [undefined, 'ECONNREFUSED', 17, -1, 2.5]) {
      assert.equal(grpcOutcome(failure(code), []), undefined)
    }
    assert.equal(grpcOutcome(new Error('text'), []), undefined)
  })

  test('has a reason without secrets', () => {
    const outcome = grpcOutcome(failure(13, 'bad key abc123'), ['abc123'])
    assert.equal(outcome && 'reason' in outcome && outcome.reason, 'bad key ***')
  })
})

describe('RESOURCE_EXHAUSTED', () => {
  const meaningOf = (error: Error): unknown => {
    const outcome = grpcOutcome(error, [])
    return outcome && 'concerns' in outcome ? outcome.concerns : outcome?.kind
  }

  test('concerns the size where the message says so', () => {
    assert.equal(meaningOf(failure(8, 'received message larger than max (9 vs. 4)')), 'size')
    assert.equal(meaningOf(failure(8, 'message too large')), 'size')
    assert.equal(meaningOf(failure(13, 'message too large')), 'request')
  })

  test('asks for a later attempt with the detail RetryInfo', () => {
    const withDetails = (details: unknown): unknown =>
      meaningOf(
        failure(8, 'quota', {
          get: (name: string) => (name === 'grpc-status-details-bin' ? details : []),
        }),
      )
    const retryInfo = Buffer.from('type.googleapis.com/google.rpc.RetryInfo')
    assert.equal(withDetails([Buffer.from('other'), retryInfo]), 'unavailable')
    assert.equal(withDetails([Buffer.from('other')]), 'request')
    assert.equal(withDetails(undefined), 'request')
    assert.equal(meaningOf(failure(8, 'quota', { get: 'text' })), 'request')
    assert.equal(meaningOf(failure(13, 'quota', { get: () => [retryInfo] })), 'request')
  })
})
