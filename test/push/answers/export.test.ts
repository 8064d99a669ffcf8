import assert from 'node:assert/strict'
import type { ClientRequest } from 'node:http'
import { describe, test } from 'node:test'
import { Export } from '../../../src/push/answers/export.ts'
import { httpAnswer } from '../../support/otel/http-answer.ts'

/** A request that notes how the export ends it. */
function request() {
  const ends: unknown[] = []
  const destroy = (error?: Error): void => void ends.push(error?.message)
  return { ends, request: { destroy } as unknown as ClientRequest }
}

function failure(message: string, code?: unknown): Error {
  return Object.assign(new Error(message), code === undefined ? {} : { code })
}

const away = (reason: string) => ({ kind: 'unavailable', reason, retryAfterMs: undefined })
const accepted = { kind: 'accepted', partialSuccess: undefined }

/** The outcome, or undefined while the export goes on. */
async function settled(current: Export): Promise<unknown> {
  return await Promise.race([current.outcome, Promise.resolve(undefined)])
}

describe('The outcome of an export', () => {
  test('is the answer to the last attempt, whatever OTel says', async () => {
    const current = new Export([])
    current.onAnswer(httpAnswer({ status: 503 }))
    current.onRequest(request().request)
    current.onAnswer(httpAnswer({ status: 200 }))
    current.end(failure('the body is cut off'))
    assert.deepEqual(await settled(current), accepted)
  })

  test('is the error where the last attempt has no answer', async () => {
    const current = new Export(['abc123'])
    current.onRequest(request().request)
    current.onAnswer(httpAnswer({ status: 400 }))
    current.onRequest(request().request)
    current.end(failure('no connection for abc123'))
    assert.deepEqual(await settled(current), away('no connection for ***'))
  })

  test('is the status in the error of an exporter without the client of Node', async () => {
    const current = new Export([])
    current.end(failure('Payload Too Large', 413))
    assert.deepEqual(await settled(current), {
      ...{ kind: 'refused', concerns: 'size', status: '413' },
      reason: '413 Payload Too Large',
    })
  })

  test('is the gRPC code in the error', async () => {
    const current = new Export([])
    current.end(failure('bad m7', 3))
    const outcome = await settled(current)
    assert.deepEqual(outcome, {
      ...{ kind: 'refused', concerns: 'content', status: 'INVALID_ARGUMENT', reason: 'bad m7' },
    })
  })

  test('is a success with the partial success of a warning', async () => {
    const current = new Export([])
    const partialSuccess = { rejectedPoints: 2, message: 'old' }
    current.partialSuccess = partialSuccess
    current.end(undefined)
    assert.deepEqual(await settled(current), { kind: 'accepted', partialSuccess })
  })

  test('is the first outcome of several', async () => {
    const current = new Export([])
    current.end(undefined)
    current.end(failure('late'))
    assert.deepEqual(await settled(current), accepted)
  })
})

describe('A refused connection ends an export', () => {
  const refusals = ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND']
  for (const code of refusals) {
    test(`with ${code}`, async () => {
      const current = new Export(['abc123'])
      current.onConnectionError(failure(`connect ${code} abc123`, code))
      assert.equal(await settled(current), undefined)
      current.endAtRefusal()
      assert.deepEqual(await settled(current), away(`connect ${code} ***`))
    })
  }

  test('but no other error does', async () => {
    const current = new Export([])
    for (const code of ['ECONNRESET', 'EAI_AGAIN', 'ETIMEDOUT', undefined]) {
      current.onConnectionError(failure('text', 'ECONNREFUSED'))
      current.onConnectionError(failure('text', code))
      current.endAtRefusal()
    }
    assert.equal(await settled(current), undefined)
  })

  test('but not after the next attempt has begun', async () => {
    const current = new Export([])
    current.onConnectionError(failure('text', 'ECONNREFUSED'))
    current.onRequest(request().request)
    current.endAtRefusal()
    assert.equal(await settled(current), undefined)
  })
})

describe('An export whose time is over', () => {
  test('closes the connection, and has the answer if there is one', () => {
    const current = new Export([])
    const { ends, request: last } = request()
    current.onRequest(last)
    current.onAnswer(httpAnswer({ status: 200 }))
    assert.deepEqual(current.giveUp(500), accepted)
    assert.deepEqual(ends, ['no complete answer within 500 ms'])
  })

  test('is unavailable without an answer', () => {
    assert.deepEqual(new Export([]).giveUp(500), away('no complete answer within 500 ms'))
  })

  test('closes the connection of each later attempt', () => {
    const current = new Export([])
    const { ends, request: later } = request()
    current.onRequest(later)
    assert.deepEqual(ends, [])
    current.giveUp(500)
    current.onRequest(later)
    assert.equal(ends.length, 2)
  })
})

test('An export knows that a page for people answered its last attempt', () => {
  const current = new Export([])
  assert.equal(current.isAnsweredByHtml, false)
  current.onAnswer(httpAnswer({ status: 200, body: '{}' }))
  assert.equal(current.isAnsweredByHtml, false)
  current.onAnswer(httpAnswer({ status: 200, body: '<html>' }))
  assert.equal(current.isAnsweredByHtml, true)
})
