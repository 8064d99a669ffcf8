import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { EndpointResponse } from '../../src/endpoint/response.ts'
import { ResponseBudget } from '../../src/endpoint/response-budget.ts'
import { endpointLimits } from '../../src/limits/endpoint.ts'

const quarter = endpointLimits.unsentPageBytes / 4

function answerOf(body: Buffer | string): EndpointResponse {
  return { status: 200, headers: {}, body }
}

describe('what is handed out', () => {
  test('counts once where it is shared, until the last client has it', () => {
    const handedOut = new ResponseBudget({ copies: false })
    const answer = answerOf(Buffer.alloc(1_000))
    const held = Array.from({ length: 50 }, () => handedOut.reserve(answer))
    assert.equal(handedOut.bytes, 1_000)
    for (const { release } of held.slice(1)) release?.()
    assert.equal(handedOut.bytes, 1_000)
    held[0]?.release?.()
    assert.equal(handedOut.bytes, 0)
  })

  test('counts for every client where each gets a copy: texts, and all by TLS', () => {
    for (const [copies, body] of [
      [false, 'größe'],
      [true, Buffer.alloc(7)],
    ] as const) {
      const handedOut = new ResponseBudget({ copies })
      const held = [1, 2, 3].map(() => handedOut.reserve(answerOf(body)))
      assert.equal(handedOut.bytes, 21)
      for (const { release } of held) release?.()
      assert.equal(handedOut.bytes, 0)
    }
  })

  test('is no more than the limit; a refusal holds nothing', () => {
    const handedOut = new ResponseBudget({ copies: false })
    const pages = [1, 2, 3, 4].map(() => answerOf(Buffer.alloc(quarter)))
    const held = pages.map((page) => handedOut.reserve(page))
    assert.deepEqual(
      held.map(({ status }) => status),
      [200, 200, 200, 200],
    )
    const refused = handedOut.reserve(answerOf('one more'))
    assert.equal(refused.status, 503)
    assert.equal(refused.headers['Retry-After'], String(endpointLimits.endpointResponseMs / 1_000))
    assert.match(String(refused.body), /read slowly/)
    assert.equal(refused.release, undefined)
    assert.equal(handedOut.bytes, endpointLimits.unsentPageBytes)
    // One that is held already costs nothing.
    assert.equal(handedOut.reserve(pages[0] ?? assert.fail()).status, 200)
    held[1]?.release?.()
    assert.equal(handedOut.reserve(answerOf('one more')).status, 200)
  })

  test('is some pages in any case, however large they are', () => {
    const handedOut = new ResponseBudget({ copies: false })
    const large = (): EndpointResponse => answerOf(Buffer.alloc(endpointLimits.unsentPageBytes))
    const answers = Array.from({ length: endpointLimits.unsentPages + 1 }, () =>
      handedOut.reserve(large()),
    )
    assert.deepEqual(
      answers.map(({ status }) => status),
      [...Array.from({ length: endpointLimits.unsentPages }, () => 200), 503],
    )
  })
})
