import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { pushLimits } from '../../src/limits/push.ts'
import { pushNotices } from '../../src/push/push-notices.ts'
import type { PushReport } from '../../src/push/pusher.ts'

/** A push after which these metrics are refused. */
function refusing(...names: string[]): PushReport {
  return {
    seconds: 0.1,
    error: undefined,
    refusedPoints: new Map(names.length > 0 ? [['400', names.length]] : []),
    partialSuccess: undefined,
    refusedMetrics: names.map((name) => ({ name, status: '400', points: 1, reason: '400 no' })),
    requestPoints: pushLimits.pushPoints,
  }
}

function notices(): { readonly notice: (report: PushReport) => void; readonly lines: string[] } {
  const lines: string[] = []
  return { notice: pushNotices((text) => lines.push(text)), lines }
}

describe('A line about refused metrics', () => {
  const refused = 'the receiver refuses metrics, and gets the others'

  test('names each metric once, and the repair', () => {
    const { notice, lines } = notices()
    for (const names of [['a'], ['a'], ['a', 'b'], ['b'], [], [], ['a']]) notice(refusing(...names))
    const accepted = 'the receiver accepts all metrics again (GPE_RECOVERED)'
    const code = '(GPE_PUSH_REFUSED)'
    const [first, second, third] = ['a', 'b', 'a'].map(
      (name) => `${refused}: ${name}: 400 no ${code}`,
    )
    assert.deepEqual(lines, [first, second, accepted, third])
  })

  test('names few of many metrics', () => {
    const { notice, lines } = notices()
    notice(refusing('a', 'b', 'c', 'd', 'e', 'f', 'g'))
    assert.deepEqual(lines, [`${refused}: a, b, c, d, e and 2 more: 400 no (GPE_PUSH_REFUSED)`])
  })

  test('is known for a bounded number of metrics', () => {
    const { notice, lines } = notices()
    notice(refusing('first'))
    for (let n = 1; n < pushLimits.refusedMetrics; n += 1) notice(refusing(`m${n}`))
    notice(refusing('first'))
    assert.equal(lines.length, pushLimits.refusedMetrics)
    notice(refusing('last'))
    notice(refusing('first'))
    assert.equal(lines.filter((line) => line.includes('first')).length, 2)
  })
})
