// Bug: an observable callback that never ended hid the callbacks that failed: no count, no line.
// All other observable metrics kept their last values. The line named no metric.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually, startApp } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { sum } from '../../support/prometheus/page.ts'

test('A slow observable callback hides neither failing ones nor present values', async () => {
  const app = await startApp({ file: 'apps/metrics/slow-beside-failing.cjs' })
  try {
    const port = await app.ready()
    await eventually(async () => {
      const page = await app.page()
      const faults = (component: string): number =>
        sum(page, 'gunicorn_exporter_faults_total', { component })
      assert.ok(faults('slow_observable') >= 3)
      assert.ok(faults('failed_observable') >= 6)
      assert.ok(sum(page, 'level') >= 4)
      // The value of a call that ended after its collection.
      assert.ok(sum(page, 'late') >= 2)
      for (const name of ['slow', 'bad', 'rej']) assert.equal(sum(page, name), 1, name)
    }, 30_000)
    const lines = app.stderr().match(/(?<=the observable callback of )(?!late).*/g)
    assert.deepEqual(lines?.sort(), [
      'bad failed, and its values are left out: RangeError: thrown (GPE_CALLBACK_FAILED)',
      'rej failed, and its values are left out: TypeError: rejected (GPE_CALLBACK_FAILED)',
      'slow takes longer than 0.5 seconds, and the page keeps the last values (GPE_CALLBACK_SLOW)',
    ])
    // No second call starts beside a call that has not ended.
    assert.equal(JSON.parse((await get(port, '/')).body).slow, 2)
  } finally {
    await app.stop()
  }
})
