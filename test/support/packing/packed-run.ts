import assert from 'node:assert/strict'
import { type App, eventually, fetchText } from '../programs/app.ts'
import { load } from '../programs/load.ts'
import { parsePage, type Sample, select, sum } from '../prometheus/page.ts'

const total = 'gunicorn_worker_requests_total'
const count = 20

/** Sends requests to the program, and checks its pages, its output and its end. */
export async function checkPacked(app: App, workers: number): Promise<void> {
  try {
    const port = await app.ready()
    await load({ port, paths: ['/'], count, connections: 4 })
    await eventually(async () => {
      const page = await app.page()
      assert.equal(sum(page, total), count, app.stderr())
      assert.equal(select(page, total).length, Math.max(workers, 1))
    })
    assert.ok(sum(await mounted(port), total) >= count)
    app.child.kill('SIGTERM')
    assert.deepEqual(await app.ended, { code: 0, signal: null })
    assert.equal(app.stderr(), '')
  } finally {
    await app.stop()
  }
}

/** The page on the port of the application. */
async function mounted(port: number): Promise<Sample[]> {
  return parsePage(await fetchText(`http://127.0.0.1:${port}/metrics`))
}
