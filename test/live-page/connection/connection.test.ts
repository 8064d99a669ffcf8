import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { connectionText } from '../../../src/live-page/connection/connection.ts'

const answeredAt = new Date(2026, 10, 29, 10, 5, 4).getTime()

describe('The line about the connection', () => {
  const silence = {
    state: 'silent',
    since: answeredAt,
    answeredAt,
    failures: 3,
    nextAt: answeredAt + 15_500,
    reason: 'no connection',
  } as const

  test('tells how long the endpoint is silent, how old the figures are, and what follows', () => {
    assert.equal(
      connectionText(silence, answeredAt + 12_000).long,
      'No answer for 12 s (no connection). The figures are of 10:05:04.' +
        ' The next attempt is in 4 s.',
    )
  })

  test('has no figures before the first answer', () => {
    assert.equal(
      connectionText({ ...silence, answeredAt: null }, answeredAt + 20_000).long,
      'No answer for 20 s (no connection). Trying now.',
    )
  })

  test('exists only where something is wrong', () => {
    for (const state of ['connecting', 'paused'] as const) {
      assert.equal(connectionText({ state }, 0).long, undefined)
    }
    assert.equal(connectionText({ state: 'live', answeredAt }, 0).short, 'Live')
    assert.equal(connectionText({ state: 'refused' }, 0).action, 'reload')
    assert.equal(connectionText({ state: 'outdated' }, 0).action, 'reload')
  })
})
