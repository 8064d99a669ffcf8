import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { EndpointResponse } from '../../src/endpoint/response.ts'
import { ResponseBudget } from '../../src/endpoint/response-budget.ts'
import { endpointLimits } from '../../src/limits/endpoint.ts'

const quarter = endpointLimits.unsentPageBytes / 4

function responseOf(body: Buffer | string): EndpointResponse {
  return { status: 200, headers: {}, body }
}

describe('ResponseBudget', () => {
  test('counts a shared body once until the last client has it', () => {
    const budget = new ResponseBudget({ copies: false, limits: endpointLimits })
    const response = responseOf(Buffer.alloc(1_000))
    const held = Array.from({ length: 50 }, () => budget.reserve(response))
    assert.equal(budget.bytes, 1_000)
    for (const { release } of held.slice(1)) release?.()
    assert.equal(budget.bytes, 1_000)
    held[0]?.release?.()
    assert.equal(budget.bytes, 0)
  })

  test('counts a body for each client with texts and with TLS', () => {
    for (const [copies, body] of [
      [false, 'größe'],
      [true, Buffer.alloc(7)],
    ] as const) {
      const budget = new ResponseBudget({ copies, limits: endpointLimits })
      const held = [1, 2, 3].map(() => budget.reserve(responseOf(body)))
      assert.equal(budget.bytes, 21)
      for (const { release } of held) release?.()
      assert.equal(budget.bytes, 0)
    }
  })

  test('refuses more than endpointLimits.unsentPageBytes without a reservation', () => {
    const budget = new ResponseBudget({ copies: false, limits: endpointLimits })
    const pages = [1, 2, 3, 4].map(() => responseOf(Buffer.alloc(quarter)))
    const held = pages.map((page) => budget.reserve(page))
    assert.deepEqual(
      held.map(({ status }) => status),
      [200, 200, 200, 200],
    )
    const refused = budget.reserve(responseOf('one more'))
    assert.equal(refused.status, 503)
    assert.equal(refused.headers['Retry-After'], String(endpointLimits.endpointResponseMs / 1_000))
    assert.match(String(refused.body), /Slow clients hold the maximum/)
    assert.equal(refused.release, undefined)
    assert.equal(budget.bytes, endpointLimits.unsentPageBytes)
    // A body that another client holds costs nothing.
    assert.equal(budget.reserve(pages[0] ?? assert.fail()).status, 200)
    held[1]?.release?.()
    assert.equal(budget.reserve(responseOf('one more')).status, 200)
  })

  test('accepts endpointLimits.unsentPages pages of any size', () => {
    const budget = new ResponseBudget({ copies: false, limits: endpointLimits })
    const large = (): EndpointResponse => responseOf(Buffer.alloc(endpointLimits.unsentPageBytes))
    const responses = Array.from({ length: endpointLimits.unsentPages + 1 }, () =>
      budget.reserve(large()),
    )
    assert.deepEqual(
      responses.map(({ status }) => status),
      [...Array.from({ length: endpointLimits.unsentPages }, () => 200), 503],
    )
  })
})
