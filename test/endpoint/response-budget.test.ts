import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Answer } from '../../src/endpoint/response.ts'
import { HandedOut } from '../../src/endpoint/response-budget.ts'
import { limits } from '../../src/limits.ts'

const quarter = limits.handedOutBytes / 4

function answerOf(body: Buffer | string): Answer {
  return { status: 200, headers: {}, body }
}

describe('what is handed out', () => {
  test('counts once where it is shared, until the last client has it', () => {
    const handedOut = new HandedOut({ copies: false })
    const answer = answerOf(Buffer.alloc(1_000))
    const held = Array.from({ length: 50 }, () => handedOut.hold(answer))
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
      const handedOut = new HandedOut({ copies })
      const held = [1, 2, 3].map(() => handedOut.hold(answerOf(body)))
      assert.equal(handedOut.bytes, 21)
      for (const { release } of held) release?.()
      assert.equal(handedOut.bytes, 0)
    }
  })

  test('is no more than the limit; a refusal holds nothing', () => {
    const handedOut = new HandedOut({ copies: false })
    const pages = [1, 2, 3, 4].map(() => answerOf(Buffer.alloc(quarter)))
    const held = pages.map((page) => handedOut.hold(page))
    assert.deepEqual(
      held.map(({ status }) => status),
      [200, 200, 200, 200],
    )
    const refused = handedOut.hold(answerOf('one more'))
    assert.equal(refused.status, 503)
    assert.equal(refused.headers['Retry-After'], String(limits.endpointResponseMs / 1_000))
    assert.match(String(refused.body), /read slowly/)
    assert.equal(refused.release, undefined)
    assert.equal(handedOut.bytes, limits.handedOutBytes)
    // One that is held already costs nothing.
    assert.equal(handedOut.hold(pages[0] ?? assert.fail()).status, 200)
    held[1]?.release?.()
    assert.equal(handedOut.hold(answerOf('one more')).status, 200)
  })

  test('is some pages in any case, however large they are', () => {
    const handedOut = new HandedOut({ copies: false })
    const large = (): Answer => answerOf(Buffer.alloc(limits.handedOutBytes))
    const answers = Array.from({ length: limits.handedOutPages + 1 }, () => handedOut.hold(large()))
    assert.deepEqual(
      answers.map(({ status }) => status),
      [...Array.from({ length: limits.handedOutPages }, () => 200), 503],
    )
  })
})
