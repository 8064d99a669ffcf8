import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Attributes, Metric } from '../../src/model/metric.ts'
import { Reporter } from '../../src/relay/reporter.ts'
import { eventually } from '../support/programs/app.ts'

const descriptor = {
  name: 'orders',
  kind: 'counter',
  unit: '',
  description: '',
  scope: 'shop',
} as const

test('a metric that is no JSON is a fault, and what is told after it is everything', async () => {
  const faults: string[] = []
  const texts: string[] = []
  // As a program without types gives it.
  let attributes: Attributes = JSON.parse('{}')
  Object.assign(attributes, { id: 1n })
  const read = (): Metric[] => [{ descriptor, points: [{ attributes, value: 1 }] }]
  const reporter = new Reporter({
    carrier: {
      send(text, done) {
        texts.push(text)
        done()
      },
      sendLast(text) {
        texts.push(text)
        return 'sent'
      },
    },
    source: () => ({ role: 'single', forkNumber: 1, startSeconds: 1, pid: 1 }),
    collect: async () => read(),
    collectNow: read,
    onFault: (part) => faults.push(part),
  })
  // Its timers keep nobody alive.
  const alive = setInterval(() => {}, 1_000)
  try {
    await reporter.report()
    reporter.flush()
    assert.deepEqual(new Set(faults), new Set(['report']))
    assert.deepEqual(texts, [])
    attributes = { id: 1 }
    await reporter.report()
    await eventually(() => assert.equal(texts.length, 1))
    assert.equal(JSON.parse(texts[0] ?? '').sequence, 0)
    assert.equal(JSON.parse(texts[0] ?? '').values.length, 1)
  } finally {
    clearInterval(alive)
    reporter.stop()
  }
})
