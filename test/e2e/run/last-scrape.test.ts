import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { eventually } from '../../support/programs/app.ts'
import { type Master, withMaster } from '../../support/programs/master.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'
import { sum } from '../../support/prometheus/page.ts'

const options = ['-w', '2', '--log-level', 'debug']
/** Far above the time of a test: only the scrape or the second signal ends the wait. */
const env = { PROMETHEUS_LAST_SCRAPE_SECONDS: '300', PROMETHEUS_PAGE_MAX_AGE: '2' }
const waiting = /Waiting for a last scrape, up to 300 s/

/** The page once the workers have ended. */
async function lastPage(master: Master, reason: string): Promise<void> {
  await eventually(() => assert.match(master.stderr(), waiting))
  const page = await master.page()
  assert.equal(sum(page, 'gunicorn_master_worker_restart_total', { reason }), 1)
  assert.equal(sum(page, 'gunicorn_worker_restart_total', { reason }), 2)
  assert.equal(sum(page, 'gunicorn_master_workers', { state: 'live' }), 0)
}

describe('The page of a master that ends by', () => {
  for (const [signal, reason] of [
    ['SIGINT', 'int'],
    ['SIGQUIT', 'quit'],
  ] as const) {
    test(`${signal} stays for one more scrape, which shows the signal`, async () => {
      await withMaster({ options, env }, async (master) => {
        await master.serving(2)
        master.signal(signal)
        await lastPage(master, reason)
        assert.deepEqual(await master.ended, { code: 0, signal: null })
      })
    })
  }

  test('SIGINT goes at once at a second signal', async () => {
    await withMaster({ options, env }, async (master) => {
      await master.serving(2)
      master.signal('SIGINT')
      await eventually(() => assert.match(master.stderr(), waiting))
      master.signal('SIGINT')
      assert.deepEqual(await master.ended, { code: 0, signal: null })
    })
  })

  test('SIGINT goes at once where nobody scraped', async () => {
    await withMaster({ options, env }, async (master) => {
      await eventually(async () => assert.ok((await fetch(`http://127.0.0.1:${master.port}/`)).ok))
      master.signal('SIGINT')
      assert.deepEqual(await master.ended, { code: 0, signal: null })
    })
  })

  for (const [title, signal, own] of [
    ['SIGTERM', 'SIGTERM', {}],
    ['SIGINT with the setting at 0', 'SIGINT', { PROMETHEUS_LAST_SCRAPE_SECONDS: '0' }],
  ] as const) {
    test(`${title} does not wait for a scrape`, async () => {
      await withMaster({ options, env: { ...env, ...own } }, async (master) => {
        await master.serving(2)
        master.signal(signal)
        assert.deepEqual(await master.ended, { code: 0, signal: null })
        assert.doesNotMatch(master.stderr(), /Waiting for a last scrape/)
      })
    })
  }
})

test('The last value in a shared directory has the signal that ends the run', async (context) => {
  const directory = await temporaryDirectory(context)
  const shared = { PROMETHEUS_SHARED_DIR: directory }
  await withMaster({ options, env: shared }, async (master) => {
    await eventually(async () => assert.ok((await fetch(`http://127.0.0.1:${master.port}/`)).ok))
    master.signal('SIGINT')
    assert.deepEqual(await master.ended, { code: 0, signal: null })
    const entries = readdirSync(directory, { recursive: true, withFileTypes: true })
    const texts = entries
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => contentOf(readFileSync(join(parentPath, name))))
    assert.match(texts.join('\n'), /\[\{"reason":"int"\},1\]/)
  })
})

/** A shared file has a line about its content, and the compressed content. */
function contentOf(file: Buffer): string {
  return gunzipSync(file.subarray(file.indexOf('\n') + 1)).toString()
}
