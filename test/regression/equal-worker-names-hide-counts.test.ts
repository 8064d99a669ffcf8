// Bug: a primary that restarted within a second had workers with the names of earlier workers. Of
// two series with one name, the earlier counts were hidden.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stateLimits } from '../../src/limits/state.ts'
import type { Metric } from '../../src/model/metric.ts'
import { ownScope } from '../../src/model/own-scope.ts'
import type { PeerState } from '../../src/share/peers/peer-state.ts'
import { CarriedTotals } from '../../src/share/succession/carried-totals.ts'
import { usualRules } from '../support/merging.ts'
import { orders, sourceState } from '../support/redis/source-state.ts'

const now = 1_700_000_000_000

const at = (ms: number) => ({ now: ms, unixNow: now + ms })
const plain = { moment: at(0), usesSlots: false, rules: usualRules }

const requests = { ...orders, name: 'gunicorn_worker_requests_total', scope: ownScope }

test('A worker with the name of an earlier worker continues its series', () => {
  const series = (value: number, worker_id: string, method = 'GET'): Metric => ({
    descriptor: requests,
    points: [{ attributes: { worker_id, method }, value }],
  })
  const posts = series(3, 'worker_1_1', 'POST')
  const others = series(5, 'worker_2_1')
  const base = continued([series(8, 'worker_1_1'), posts, others])
  const left = (ms: number): unknown[] => base.retained(at(ms)).flatMap(({ metrics }) => metrics)
  for (const count of [0, 1, 2]) {
    assert.deepEqual(base.joined([series(count, 'worker_1_1')]), [series(8 + count, 'worker_1_1')])
  }
  assert.deepEqual(left(0), [posts, others])
  // Past the retention nothing falls.
  assert.deepEqual(left(stateLimits.retentionMs), [])
  assert.deepEqual(base.joined([series(4, 'worker_1_1')]), [series(12, 'worker_1_1')])
  assert.deepEqual(base.joined([]), [])
  assert.deepEqual(base.joined([series(1, 'worker_3_9')]), [series(1, 'worker_3_9')])
})

function continued(metrics: readonly Metric[], parts: Partial<PeerState> = {}, options = plain) {
  const previous = sourceState({ retained: [], ...parts, metrics })
  return new CarriedTotals({ previous, ...options })
}
