import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseLive, versionOf } from '../../../../src/commands/top/source/live-guard.ts'
import { topLimits } from '../../../../src/limits/tools/top.ts'
import { liveJson, liveWorker } from '../../../support/top/documents.ts'

describe('A document of /live', () => {
  test('keeps its values', () => {
    const worker = liveWorker({ hang: { seconds: 4, heldBy: 'f (a.js:1:2)', stack: 'at f' } })
    const document = parseLive(liveJson({ workers: [worker], kind: 'sidecar', instance: 'a' }))
    assert.deepEqual(document?.workers, [worker])
    assert.equal(document?.kind, 'sidecar')
    assert.equal(document?.instance, 'a')
  })

  test('of another version is refused, with its version', () => {
    assert.equal(parseLive(liveJson({ version: 2 })), undefined)
    assert.equal(versionOf(liveJson({ version: 2 })), 2)
  })

  for (const other of [undefined, null, 1, 'a', [], {}, { version: 1 }, { status: 'ok' }]) {
    test(`is not ${JSON.stringify(other)}`, () => {
      assert.equal(parseLive(other), undefined)
      assert.equal(versionOf(other), undefined)
    })
  }

  test('with wrong values has unknown values instead', () => {
    const wrong = { workerId: 7, state: null, requests: '1', cpuPercent: Number.NaN, hang: 'yes' }
    const document = parseLive(
      liveJson({ workers: [wrong, null, 'x'], routes: {}, headline: 1, history: [], now: '1' }),
    )
    assert.equal(document?.workers.length, 1)
    const [worker] = document?.workers ?? []
    assert.deepEqual(
      [worker?.workerId, worker?.state, worker?.requests, worker?.cpuPercent, worker?.hang],
      ['', '', null, null, null],
    )
    assert.deepEqual(document?.routes, [])
    assert.equal(document?.headline.workers.live, 0)
  })

  test('has bounded lists and texts', () => {
    const workers = Array.from({ length: topLimits.rows + 5 }, () => liveWorker())
    const title = 'x'.repeat(topLimits.textChars + 5)
    const document = parseLive(liveJson({ workers, title }))
    assert.equal(document?.workers.length, topLimits.rows)
    assert.equal(document?.title.length, topLimits.textChars)
  })
})
