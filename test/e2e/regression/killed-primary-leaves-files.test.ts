// Bug: a primary that was killed with its workers left its crash files. No later primary removed
// these files.
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { eventually, startApp, withCluster } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'

const directory = mkdtempSync(join(tmpdir(), 'crash-safe-'))

after(() => rmSync(directory, { recursive: true }))

test('The next primary removes the files of a primary killed with its workers', async () => {
  const own = newDirectory()
  const env = { WORKERS: '1', GUNICORN_CRASH_MEMORY: 'off', PROMETHEUS_MULTIPROC_DIR: own }
  const left = await (async () => {
    const app = await startApp({ file: 'apps/cluster/cluster.cjs', env })
    try {
      await get(await app.ready(), '/')
      return await eventually(() => crashFiles(own)[0] ?? assert.fail('no file yet'))
    } finally {
      await app.stop()
    }
  })()
  assert.deepEqual(crashFiles(own), [left])
  await withCluster(env, async (_app, port) => {
    await get(port, '/')
    await eventually(() => assert.equal(crashFiles(own).length, 1))
    assert.notDeepEqual(crashFiles(own), [left])
  })
})

function newDirectory(): string {
  return mkdtempSync(join(directory, 'own-'))
}

function crashFiles(parent: string): string[] {
  const names = readdirSync(parent, { recursive: true, encoding: 'utf8' })
  return names.filter((name) => name.endsWith('.counts')).map((name) => join(parent, name))
}
