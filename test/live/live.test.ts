import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { LiveReply } from '../../src/endpoint/live-content.ts'
import { liveLimits } from '../../src/limits/tools/live.ts'
import { Live } from '../../src/live/live.ts'
import type { LiveSource } from '../../src/live/live-source.ts'
import { catalog } from '../../src/model/catalog/catalog.ts'
import { declared, point } from '../../src/model/catalog/declared.ts'
import type { LiveDocument } from '../../src/model/live/live-document.ts'
import { ManualClock } from '../support/manual-clock.ts'

const view = { connections: 3, details: 'shown' } as const

interface Started {
  readonly live: Live
  readonly clock: ManualClock
  /** Calls of `read`, by instance. */
  readonly reads: (string | undefined)[]
  readonly faults: () => number
}

function started(isAlwaysSampled: boolean, changed: Partial<LiveSource> = {}): Started {
  const clock = new ManualClock()
  const reads: (string | undefined)[] = []
  let faults = 0
  const source: LiveSource = {
    kind: () => 'sidecar',
    title: 'shop',
    read(instance) {
      reads.push(instance)
      const points = [point({ worker_id: 'a', instance: 'one' }, clock.now())]
      const requests = declared(catalog.requests, points)
      return {
        workers: [],
        metricsOf: (name) => (name === catalog.requests.name ? [requests] : []),
      }
    },
    instances: () => [],
    hasInstance: (name) => name.startsWith('one'),
    primary: () => undefined,
    originTexts: () => ({ unread: [], awaited: [] }),
    wanted: () => null,
    deaths: () => [],
    counts: (connections) => ({ connections, series: 7, scrapes: { 200: 4, odd: '\u001b' } }),
    names: () => ['b_total', 'a\u202e'],
    lines: (name) => (name === 'a_total' ? 'a_total 1\n' : ''),
    ...changed,
  }
  const onFault = (): void => {
    faults += 1
  }
  const live = new Live({ source, isAlwaysSampled, onFault, clock })
  return { live, clock, reads, faults: () => faults }
}

function textOf(reply: LiveReply): string {
  assert.equal(reply.kind, 'content')
  return reply.kind === 'content' ? reply.bytes.toString() : ''
}

function documentOf(reply: LiveReply): LiveDocument {
  return JSON.parse(textOf(reply))
}

describe('The live data', () => {
  test('are one document for all clients of the same moment', async () => {
    const { live, clock } = started(true)
    const first = live.document('', view)
    for (let client = 0; client < 300; client += 1)
      assert.equal(live.document('since=0', view), first)
    const [one, other] = [first, live.document('since=999', view)]
    assert.equal(other, one)
    const compressed = first.kind === 'content' ? [first.gzipped(), first.gzipped()] : []
    assert.ok(compressed[0])
    assert.equal(compressed[0], compressed[1])
    await clock.advance(liveLimits.documentMs + 1)
    assert.notEqual(live.document('', view), first)
  })

  test('go on while nobody looks, where a sample is cheap', async () => {
    const { live, clock, reads } = started(true)
    await clock.advance(10 * liveLimits.stepMs)
    assert.equal(reads.length, 11)
    assert.equal(documentOf(live.document('', view)).history.last, 11)
  })

  test('begin at the first look, and end after the last, where a sample is not', async () => {
    const { live, clock, reads } = started(false)
    await clock.advance(60_000)
    assert.equal(reads.length, 0)
    const { history } = documentOf(live.document('', view))
    assert.equal(history.last, 1)
    await clock.advance(liveLimits.lookedAtMs)
    const whileSeen = reads.length
    assert.ok(whileSeen > liveLimits.lookedAtMs / liveLimits.stepMs)
    await clock.advance(600_000)
    assert.ok(reads.length <= whileSeen + 1)
    const again = documentOf(live.document('', view))
    assert.notEqual(again.history.epoch, history.epoch)
    assert.equal(again.history.last, 1)
  })

  test('keep a bounded number of histories', async () => {
    const { live, clock, reads } = started(false)
    for (let index = 0; index < 100; index += 1) {
      live.document(`instance=one${index}`, view)
      clock.spend(1)
    }
    const before = reads.length
    await clock.advance(liveLimits.stepMs)
    assert.equal(reads.length - before, liveLimits.histories)
    assert.equal(reads.slice(before).includes(undefined), true)
  })

  test('refuse an instance that is not shown', () => {
    const { live } = started(false)
    assert.equal(live.document('instance=one', view).kind, 'content')
    const refused = live.document('instance=two', view)
    assert.ok(refused.kind === 'refused' && refused.status === 404)
  })

  test('ask for longer pauses, the more pages are open', async () => {
    const { live, clock } = started(true)
    const pollSeconds = (): number => documentOf(live.document('', view)).pollSeconds
    assert.equal(pollSeconds(), 1)
    for (let request = 0; request < 600; request += 1) live.document('', view)
    await clock.advance(liveLimits.stepMs)
    assert.equal(pollSeconds(), 7)
    // The same pages with this pause.
    for (let request = 0; request < 80; request += 1) live.document('', view)
    await clock.advance(liveLimits.stepMs)
    assert.equal(pollSeconds(), 6)
    // Without pages, the pause is short again after the time of the longest pause.
    await clock.advance(1_000 * liveLimits.longestPollSeconds + 2 * liveLimits.stepMs)
    assert.equal(pollSeconds(), 1)
    for (let request = 0; request < 10_000; request += 1) live.document('', view)
    await clock.advance(liveLimits.stepMs)
    assert.equal(pollSeconds(), liveLimits.longestPollSeconds)
  })

  test('contain no character that changes a terminal', () => {
    const text = textOf(started(true).live.document('', view))
    assert.doesNotMatch(text, /\p{Cf}|\p{Cc}/u)
    assert.deepEqual(JSON.parse(text).exporter.names, ['b_total', 'a\u202e'])
    assert.deepEqual(JSON.parse(text).exporter.scrapes, { 200: 4 })
  })

  test('survive a sample that fails', async () => {
    let fails = true
    const { live, clock, faults } = started(true, {
      read() {
        if (fails) throw new Error('a sample that fails')
        return { workers: [], metricsOf: () => [] }
      },
    })
    await clock.advance(2 * liveLimits.stepMs)
    assert.equal(faults(), 3)
    assert.throws(() => live.document('', view), /a sample that fails/)
    fails = false
    await clock.advance(liveLimits.stepMs)
    assert.equal(documentOf(live.document('', view)).history.last, 1)
    live.stop()
    assert.equal(clock.pending, 0)
  })
})

describe('The lines of a metric', () => {
  test('are the lines of the page', () => {
    const { live } = started(true)
    assert.equal(textOf(live.metric('name=a_total')), 'a_total 1\n')
    const [missing, bad] = [live.metric('name=none'), live.metric('')]
    assert.ok(missing.kind === 'refused' && missing.status === 404)
    assert.ok(bad.kind === 'refused' && bad.status === 400)
  })

  test('end with a whole line where they are too long', () => {
    const lines = 'a_total 1234567890\n'.repeat(liveLimits.metricChars / 10)
    const text = textOf(started(true, { lines: () => lines }).live.metric('name=a_total'))
    assert.ok(text.length < liveLimits.metricChars + 100)
    assert.match(text, /\na_total 1234567890\n# The page has more lines\. .*\n$/)
  })
})
