// Bug: workers that lost the preload never report. Two seconds after they listened, the page showed
// all of them as hanging, and /readyz answered 503.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { stateLimits } from '../../../src/limits/state.ts'
import { eventually, startApp } from '../../support/programs/app.ts'
import { select, sum } from '../../support/prometheus/page.ts'

test('Workers without the preload listen and do not hang', async () => {
  const app = await startApp({ file: 'apps/cluster/unpreloaded-workers.cjs' })
  try {
    await app.ready()
    const listening = async (): Promise<number> =>
      sum(await app.page(), 'gunicorn_master_workers', { state: 'listening' })
    await eventually(async () => assert.equal(await listening(), 2))
    await sleep(3 * stateLimits.hangAfterMs)
    assert.equal(await listening(), 2)
    const ready = await fetch(new URL('/readyz', app.metricsUrl))
    assert.equal(ready.status, 200, await ready.text())
    assert.deepEqual(select(await app.page(), 'gunicorn_worker_event_loop_delay_max_seconds'), [])
  } finally {
    await app.stop()
  }
})
