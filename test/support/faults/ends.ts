import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '../programs/app.ts'
import { get } from '../programs/load.ts'
import { memoryCgroup } from '../programs/memory-cgroup.ts'
import { type Sample, sum } from '../prometheus/page.ts'
import type { Fault } from './fault.ts'
import { resourcesOf } from './resources.ts'
import type { Stand } from './stand.ts'

/** `/status` has the last 50 deaths, so each batch is compared before the next. */
const batch = 15
/** Above the memory of the cluster, below the memory of a machine. */
const cgroupBytes = 800 * 2 ** 20

export const ends: readonly Fault[] = [
  {
    title: 'Each worker that SIGKILL ends under load loses at most one turn of its event loop',
    prepare: () => ({
      pauseMs: 1,
      async act(stand) {
        const resources: string[] = []
        while (stand.kills < stand.size.kills) {
          await killBatch(stand, Math.min(batch, stand.size.kills - stand.kills))
          const { descriptors, megabytes } = resourcesOf(stand.primary, stand.port)
          resources.push(`${stand.kills}: ${descriptors}, ${megabytes.toFixed(0)} MB`)
        }
        process.stdout.write(`# kills, descriptors and memory: ${resources.join('; ')}\n`)
      },
    }),
  },
  {
    title: 'A worker whose heap is full loses at most one turn, and the others serve',
    prepare: () => ({
      nodeArgs: ['--max-old-space-size=64'],
      // The report of Node.js.
      foreign: /./,
      act: (stand) => endBy(stand, { path: '/heap', reason: 'heap' }),
    }),
  },
  {
    title: 'An exporter thread that ends begins again with all counts',
    prepare: () => ({
      async act(stand) {
        stand.app.child.kill('SIGWINCH')
        await eventually(() => assert.match(stand.app.stderr(), /the exporter thread ended/))
        await stand.serving()
        await eventually(() => stand.page())
        await stand.settle()
        await killBatch(stand, 1)
      },
    }),
  },
  {
    title: 'A worker that the kernel kills for lack of memory loses at most one turn',
    prepare(context) {
      const cgroup = memoryCgroup(cgroupBytes)
      if (!cgroup) {
        context.skip('A cgroup with a limit of memory needs the right to make one.')
        return undefined
      }
      context.after(() => cgroup.remove())
      return {
        through: cgroup.starter,
        act: (stand) => endBy(stand, { path: '/memory', reason: 'oom' }),
      }
    },
  },
]

async function killBatch(stand: Stand, count: number): Promise<void> {
  const before = filesOf(await stand.page())
  for (let index = 0; index < count; index += 1) {
    stand.kill(await stand.answering())
    await sleep(stand.random.below(100))
  }
  await eventually(async () => {
    assert.equal(filesOf(await stand.page()), before + count)
  }, 60_000)
  await stand.settle()
}

/** Looks for crash files of dead workers. A worker has no file before its first turn has ended. */
function filesOf(page: readonly Sample[]): number {
  return sum(page, 'gunicorn_exporter_crash_files_total')
}

/** Lets one worker end by a request, which no client of the load has sent. */
async function endBy(
  stand: Stand,
  { path, reason }: { readonly path: string; readonly reason: string },
): Promise<void> {
  const before = await stand.page()
  const { body } = await get(stand.port, path)
  const pid = Number(body)
  stand.client.answers.set(pid, (stand.client.answers.get(pid) ?? 0) + 1)
  stand.expectEnd(pid)
  await stand.counted(before, 'gunicorn_worker_restart_count_total', { reason })
  stand.client.noteEnd(pid)
}
