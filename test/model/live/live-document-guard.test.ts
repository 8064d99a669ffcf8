import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { liveReadLimits } from '../../../src/limits/tools/live.ts'
import { type LiveAnswer, parsedLive } from '../../../src/model/live/live-document-guard.ts'
import { liveDocument, liveJson, liveWorker } from '../../support/top/documents.ts'

function parsed(value: unknown): LiveAnswer {
  return parsedLive(JSON.stringify(value))
}

describe('A document of /live', () => {
  test('keeps its values', () => {
    const worker = liveWorker({ hang: { seconds: 4, heldBy: 'f (a.js:1:2)', stack: 'at f' } })
    const exporter = {
      ...{ series: 10, droppedSeries: { limit: 1 }, faults: { live: 2 }, scrapes: { 200: 3 } },
      ...{ connections: 4, push: { state: 'on', last: { status: 200 } }, redis: null },
      names: ['a', 'b'],
    }
    const document = liveDocument({ workers: [worker], kind: 'sidecar', instance: 'a', exporter })
    assert.deepEqual(document.workers, [worker])
    assert.deepEqual(document.exporter, exporter)
    assert.equal(document.kind, 'sidecar')
    assert.equal(document.instance, 'a')
  })

  test('of another version is refused, with its version', () => {
    assert.deepEqual(parsed(liveJson({ version: 2 })), { kind: 'other version', version: 2 })
  })

  for (const other of [null, 1, 'a', [], {}, { version: 1 }, { status: 'ok' }]) {
    test(`is not ${JSON.stringify(other)}`, () => {
      assert.deepEqual(parsed(other), { kind: 'unreadable' })
    })
  }

  test('is not a text of another form', () => {
    for (const text of ['', '{', '<html>'])
      assert.deepEqual(parsedLive(text), { kind: 'unreadable' })
  })

  test('with wrong values has unknown values instead', () => {
    const wrong = { workerId: 7, state: null, requests: '1', cpuPercent: {}, hang: 'yes' }
    const document = liveDocument({
      ...{ workers: [wrong, null, 'x'], routes: {}, deaths: 1, headline: 1, now: '1' },
      ...{ history: { times: 'x', rates: 1, workers: { a: { memory: [1, 'x'] }, b: 1 } } },
      ...{ exporter: { scrapes: { 200: 'x' }, push: 1, names: [1, 'a'] } },
    })
    assert.equal(document.workers.length, 1)
    const [worker] = document.workers
    assert.deepEqual(
      [worker?.workerId, worker?.state, worker?.requests, worker?.cpuPercent, worker?.hang],
      ['', '', null, null, null],
    )
    assert.deepEqual([document.routes, document.deaths, document.instances], [[], [], []])
    assert.equal(document.headline.workers.live, 0)
    assert.deepEqual([document.history.times, document.history.rates['5xx']], [[], []])
    assert.deepEqual(Object.keys(document.history.workers), ['a'])
    assert.deepEqual(document.history.workers['a']?.memory, [1, null])
    assert.deepEqual([document.exporter.scrapes, document.exporter.names], [{}, ['a']])
    assert.equal(document.exporter.push, null)
  })

  test('has bounded lists and texts', () => {
    const { rows, textChars, samples } = liveReadLimits
    const workers = Array.from({ length: rows + 5 }, () => liveWorker())
    const p50 = Array.from({ length: samples + 5 }, (_, index) => index)
    const document = liveDocument({
      ...{ workers, title: 'x'.repeat(textChars + 5), history: { p50 } },
    })
    assert.equal(document.workers.length, rows)
    assert.equal(document.title.length, textChars)
    assert.deepEqual(document.history.p50, p50.slice(5))
  })
})
