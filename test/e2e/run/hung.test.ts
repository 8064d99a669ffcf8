import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../../support/programs/app.ts'
import { busyPercent, oneIn, sendUnanswered } from '../../support/programs/hang.ts'
import { withMaster } from '../../support/programs/master.ts'
import { select } from '../../support/prometheus/page.ts'

const needsProc = { skip: process.platform !== 'linux' && 'the system has no /proc' }

test('The master’s line about a hung worker has the kernel’s figures', needsProc, async () => {
  await withMaster({ options: ['-w', '1', '--timeout', '6'] }, async (master) => {
    await master.serving(1)
    sendUnanswered(master.port, '/hang')
    const worker_id = await oneIn(master, 'hanging')
    const line = await eventually(() => {
      const found = /^.*Worker worker_\S+ \(pid:\d+\) ended: timeout .*$/m.exec(master.stderr())
      return found?.[0] ?? assert.fail(master.stderr())
    })
    assert.match(line, new RegExp(`Worker ${worker_id} `))
    const [, hung] = / hung for (\d+(?:\.\d+)?) s, /.exec(line) ?? []
    const [, percent] = /, CPU (\d+\.\d) %, /.exec(line) ?? []
    const [, delay] = / event loop delay up to (\d+(?:\.\d+)?) s;/.exec(line) ?? []
    assert.ok(Number(hung) > 4, line)
    assert.ok(Number(percent) > busyPercent, line)
    assert.equal(delay, hung, line)
    await eventually(async () => {
      const states = select(await master.page(), 'gunicorn_worker_state', { worker_id })
      assert.deepEqual(
        states.map(({ labels, value }) => [labels['state'], value]),
        [
          ['running', 0],
          ['hanging', 0],
          ['abort', 1],
        ],
      )
    })
  })
})
