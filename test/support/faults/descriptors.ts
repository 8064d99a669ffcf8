import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '../programs/app.ts'
import type { Fault } from './fault.ts'
import type { Stand } from './stand.ts'

/** The limit of each process of the application. */
const mostDescriptors = 200
const limited = ['sh', '-c', `ulimit -n ${mostDescriptors}; exec "$@"`, 'sh'] as const

/** Processes that have no free descriptor for a while. */
export const descriptors: readonly Fault[] = [
  {
    title: 'A worker that is killed behind a primary without free descriptors loses one turn',
    prepare: () => ({
      through: limited,
      async act(stand) {
        const before = await stand.page()
        const pid = await stand.answering()
        stand.client.isPortDown = true
        await withoutDescriptors(stand, stand.primary, async () => {
          stand.kill(pid)
          await eventually(() => assert.ok(!stand.workers().includes(pid)))
        })
        stand.client.isPortDown = false
        const name = 'gunicorn_exporter_crash_files_total'
        await stand.counted(before, name, { result: 'read' })
      },
    }),
  },
  {
    title: 'A worker without free descriptors counts each request, and loses one turn at its kill',
    prepare: () => ({
      through: limited,
      async act(stand) {
        const pid = await stand.answering()
        // A worker without free descriptors gets no new connection of its primary.
        stand.client.isPortDown = true
        await withoutDescriptors(stand, pid, async () => {
          stand.kill(pid)
          await eventually(() => assert.ok(!stand.workers().includes(pid)))
        })
        stand.client.isPortDown = false
      },
    }),
  },
]

/** Takes all descriptors of a process, and gives them back. */
async function withoutDescriptors(
  stand: Stand,
  pid: number,
  act: () => Promise<void>,
): Promise<void> {
  process.kill(pid, 'SIGHUP')
  try {
    await eventually(() => assert.ok(countOf(pid) >= mostDescriptors - 2, `${countOf(pid)}`))
    // Open connections go past the primary.
    await stand.serving()
    await act()
    await sleep(stand.size.seconds * 1_000)
  } finally {
    if (stand.workers().includes(pid) || pid === stand.primary) {
      process.kill(pid, 'SIGHUP')
      await eventually(() => assert.ok(countOf(pid) < mostDescriptors / 2, `${countOf(pid)}`))
    }
  }
}

function countOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length
}
