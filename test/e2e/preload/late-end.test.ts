import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type App, eventually } from '../../support/programs/app.ts'
import { deaths, withDying } from '../../support/programs/dying.ts'
import { get } from '../../support/programs/load.ts'
import { sum } from '../../support/prometheus/page.ts'

/** Waits until the page shows two workers, with so many ends and replacements. */
async function settled(app: App, ends: number): Promise<void> {
  await eventually(async () => {
    const page = await app.page()
    const workers = (state: string): number => sum(page, 'gunicorn_master_workers', { state })
    assert.deepEqual(
      [workers('configured'), workers('live'), workers('listening')],
      [2, 2, 2],
      'workers',
    )
    assert.equal(sum(page, 'gunicorn_master_worker_restart_total', { reason: 'chld' }), ends)
    assert.equal(sum(page, 'gunicorn_master_worker_restarts_total'), ends)
  })
}

describe('Two workers are configured', () => {
  test('while and after another process holds the channel of a dead worker', async () => {
    await withDying({}, async (app, port) => {
      await settled(app, 0)
      await get(port, '/held')
      // The replacement serves long before the end is applied.
      await eventually(async () => {
        const page = await app.page()
        const workers = (state: string): number => sum(page, 'gunicorn_master_workers', { state })
        assert.deepEqual([workers('configured'), workers('live'), workers('listening')], [2, 2, 2])
        const { length } = page.filter(({ name }) => name === 'gunicorn_worker_uptime_seconds')
        assert.equal(length, 3)
      })
      assert.deepEqual(await deaths(app), [])
      await settled(app, 1)
      assert.equal((await deaths(app))[0]?.reason, 'sigkill')
    })
  })

  for (const event of ['disconnect', 'exit']) {
    for (const way of ['kill', 'exit-3', 'leave']) {
      test(`after a worker ends by ${way} and the primary forks at '${event}'`, async () => {
        await withDying({ REFORK: event }, async (app, port) => {
          for (let ends = 0; ends < 3; ends += 1) {
            await settled(app, ends)
            await get(port, `/${way}`).catch(() => {})
          }
          await settled(app, 3)
        })
      })
    }
  }
})
