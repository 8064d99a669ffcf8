// Bug: a worker that hung in the first turn of its event loop had never reported, so that it looked
// healthy for good. Its death line said "hung for 0 s", and its age began late.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { eventually, startApp } from '../../support/programs/app.ts'
import { workersStatus } from '../../support/programs/hang.ts'
import { withMaster } from '../../support/programs/master.ts'
import { select } from '../../support/prometheus/page.ts'

const needsProc = { skip: process.platform !== 'linux' && 'the system has no /proc' }
const ways = [
  ['spin', 'hanging', 'Hanging'],
  ['sleep', 'hanging', 'Hanging'],
  ['stop', 'stopped', 'Stopped'],
] as const

for (const [how, state, word] of ways) {
  test(
    `A worker that starts with ${how} is ${state}, as old as its process`,
    needsProc,
    async () => {
      const app = await startApp({ file: 'apps/hanging/boot.cjs', env: { HOW: how } })
      try {
        await app.ready()
        const hung = await eventually(async () => {
          const { workers } = await workersStatus(app)
          return (
            workers.find((each) => each.state === state) ?? assert.fail(JSON.stringify(workers))
          )
        })
        assert.ok((hung.hang?.seconds ?? 0) > 5, JSON.stringify(hung))
        const ready = await fetch(new URL('/readyz', app.metricsUrl))
        assert.equal(await ready.text(), `Listening: 1 of 2 workers. ${word}: 1.\n`)
        const page = await app.page()
        const worker_id = hung.workerId
        for (const name of ['memory_bytes', 'uptime_seconds', 'event_loop_delay_max_seconds']) {
          const [sample] = select(page, `gunicorn_worker_${name}`, { worker_id })
          assert.ok((sample?.value ?? 0) > 5, name)
        }
        // Both ages of one moment: the kernel counts from the start of the process.
        const { workers } = await workersStatus(app)
        const { pid, ageSeconds } = workers.find((each) => each.pid === hung.pid) ?? hung
        const age = kernelAge(pid)
        assert.ok(Math.abs(age - ageSeconds) < 1, `${age} s, not ${ageSeconds} s`)
      } finally {
        await app.stop()
      }
    },
  )
}

test('The death line of a worker that hangs at its start has the silence', needsProc, async () => {
  await withMaster(
    { file: 'hanging/boot.cjs', options: ['-w', '1', '--timeout', '6'] },
    async (master) => {
      const line = await eventually(() => {
        const found = /^.*Worker worker_\S+ \(pid:\d+\) ended: timeout .*$/m.exec(master.stderr())
        return found?.[0] ?? assert.fail(master.stderr())
      })
      const [, after, hung] = /after (\S+) s, hung for (\S+) s/.exec(line) ?? []
      assert.ok(Number(hung) > 4 && Number(after) >= Number(hung), line)
    },
  )
})

/** Seconds. */
function kernelAge(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const ticks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19])
  const [uptime] = readFileSync('/proc/uptime', 'utf8').split(' ')
  return Number(uptime) - ticks / 100
}
