import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually, startApp } from '../../support/programs/app.ts'
import { deathLines, die } from '../../support/programs/dying.ts'
import { memoryCgroup } from '../../support/programs/memory-cgroup.ts'
import { sum } from '../../support/prometheus/page.ts'

const limitBytes = 600 * 2 ** 20

test('A worker that the kernel kills for lack of memory has the reason oom', async (context) => {
  const cgroup = memoryCgroup(limitBytes)
  if (!cgroup) {
    context.skip('this user cannot make a cgroup with a limit')
    return
  }
  context.diagnostic(`cgroup v${cgroup.version}`)
  const app = await startApp({
    file: 'apps/cluster/dying.cjs',
    env: { WORKERS: '2' },
    through: cgroup.starter,
  })
  try {
    const port = await app.ready()
    const killed = await die(app, port, 'kill')
    assert.deepEqual([killed.reason, killed.restartType], ['sigkill', 'forced'])
    const { reason, certainty, restartType, signal } = await die(app, port, 'memory')
    assert.deepEqual(
      [reason, certainty, restartType, signal],
      ['oom', 'probable', 'crash', 'SIGKILL'],
    )
    await eventually(() =>
      assert.match(deathLines(app).at(-1) ?? '', /^oom \(crash, SIGKILL, probable\)/),
    )
    const page = await app.page()
    const labels = { reason: 'oom', restart_type: 'crash' }
    assert.equal(sum(page, 'gunicorn_worker_restart_count_total', labels), 1)
  } finally {
    await app.stop()
    await cgroup.remove()
  }
})
