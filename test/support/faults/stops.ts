import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '../programs/app.ts'
import { idsIn } from '../programs/hang.ts'
import { get } from '../programs/load.ts'
import { type Sample, select, sum } from '../prometheus/page.ts'
import type { Fault } from './fault.ts'
import type { Stand } from './stand.ts'

const silence = 'gunicorn_master_event_loop_silence_seconds'

/** Processes that stand still for a while. */
export const stops: readonly Fault[] = [
  {
    title: 'A stopped worker is shown as stopped, the others serve, and no request fails',
    prepare: () => ({
      async act(stand) {
        const pid = await stand.answering()
        const before = await stand.page()
        process.kill(pid, 'SIGSTOP')
        try {
          await eventually(async () => assert.equal(idsIn(await stand.page(), 'stopped').length, 1))
          await stand.serving()
          await sleep(stand.size.seconds * 1_000)
          await stand.serving()
        } finally {
          process.kill(pid, 'SIGCONT')
        }
        await eventually(async () => assert.equal(idsIn(await stand.page(), 'stopped').length, 0))
        assert.equal(deaths(await stand.page()), deaths(before))
      },
    }),
  },
  {
    title: 'A stopped primary delays only new connections, and no count is lost',
    prepare: () => ({
      async act(stand) {
        stand.app.child.kill('SIGSTOP')
        try {
          // Open connections go past the primary.
          await stand.serving()
          await sleep(stand.size.seconds * 1_000)
        } finally {
          stand.app.child.kill('SIGCONT')
        }
        await stand.serving()
      },
    }),
  },
  {
    title: 'A blocked event loop of the primary hides no page and loses no report',
    prepare: (_context, { seconds }) => ({
      env: { BLOCK_MS: String(seconds * 1_000) },
      async act(stand) {
        stand.app.child.kill('SIGUSR2')
        await eventually(async () => assert.ok(sum(await stand.page(), silence) > seconds / 2))
        // Open connections go past the primary, and the page comes from another thread.
        await stand.serving()
        await eventually(async () => assert.ok(sum(await stand.page(), silence) < 1), 40_000)
      },
    }),
  },
  {
    title: 'A worker that is killed behind a blocked primary loses at most one turn',
    prepare: (_context, { seconds }) => ({
      env: { BLOCK_MS: String(seconds * 1_000) },
      async act(stand) {
        const pid = await stand.answering()
        stand.app.child.kill('SIGUSR2')
        await eventually(async () => assert.ok(sum(await stand.page(), silence) > 1))
        stand.expectEnd(pid)
        process.kill(pid, 'SIGKILL')
        await eventually(async () => assert.equal(deaths(await stand.page()), 1), 40_000)
        stand.client.noteEnd(pid)
      },
    }),
  },
  {
    title: 'A channel that stops and goes by turns loses and repeats no report',
    prepare: () => ({
      async act(stand) {
        const before = sum(await stand.page(), 'gunicorn_exporter_reports_total')
        await stuttering(stand, stand.size.seconds)
        const name = 'gunicorn_exporter_reports_total'
        await eventually(async () => assert.ok(sum(await stand.page(), name) > before))
        assert.deepEqual(select(await stand.page(), name, { result: 'refused' }), [])
      },
    }),
  },
  {
    title: 'A channel that is full of reports delays the next reports, and no count is lost',
    prepare: () => ({
      async act(stand) {
        const { body } = await get(stand.port, '/series')
        const pid = Number(body)
        stand.client.answers.set(pid, (stand.client.answers.get(pid) ?? 0) + 1)
        const shown = async (): Promise<number> =>
          select(await stand.page(), 'parts_7_total').length
        await eventually(async () => assert.ok((await shown()) >= manySeries))
        stand.app.child.kill('SIGSTOP')
        try {
          // Open connections go past the primary. Later, connections reach their last request.
          await stand.serving()
          await sleep(2 * stand.size.seconds * 1_000)
        } finally {
          stand.app.child.kill('SIGCONT')
        }
        await stand.serving()
        await stand.counted(await stand.page(), 'parts_7_total', {})
      },
    }),
  },
]

/** Series of each of eight counters of the fixture, which change all the time. */
const manySeries = 1_900

/** Stops and continues the primary and one worker at random, many times a second. */
async function stuttering(stand: Stand, seconds: number): Promise<void> {
  const pids = [stand.primary, await stand.answering()]
  const end = performance.now() + seconds * 1_000
  try {
    while (performance.now() < end) {
      const pid = stand.random.pick(pids)
      process.kill(pid, 'SIGSTOP')
      await sleep(stand.random.below(300))
      process.kill(pid, 'SIGCONT')
      await sleep(stand.random.below(100))
    }
  } finally {
    for (const pid of pids) process.kill(pid, 'SIGCONT')
  }
}

/** The ends that the primary has seen. */
function deaths(page: readonly Sample[]): number {
  return sum(page, 'gunicorn_master_worker_restart_total', { reason: 'chld' })
}
