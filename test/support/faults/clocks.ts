import assert from 'node:assert/strict'
import { eventually } from '../programs/app.ts'
import { idsIn } from '../programs/hang.ts'
import { systemClock } from '../programs/system-clock.ts'
import { sum } from '../prometheus/page.ts'
import type { Fault } from './fault.ts'

/** Seconds after the real clock. */
const steps = [3_600, -3_600, 0] as const

/** Clocks of the system that step. */
export const clocks: readonly Fault[] = [
  {
    title: 'A clock that steps by an hour, forward and back, hides no worker and loses no count',
    prepare(context) {
      const clock = systemClock(context)
      if (!clock) return undefined
      return {
        env: clock.env,
        async act(stand) {
          for (const step of steps) {
            clock.step(step)
            await stand.serving()
            const before = await stand.page()
            stand.kill(await stand.answering())
            await stand.counted(before, 'gunicorn_exporter_crash_files_total', { result: 'read' })
            await eventually(async () => {
              const page = await stand.page()
              assert.equal(idsIn(page, 'running').length, 3)
              const busy = sum(page, 'http_server_request_duration_seconds_sum')
              assert.ok(busy >= 0 && busy < 3_600, `${busy} s of requests`)
            })
          }
        },
      }
    },
  },
]
