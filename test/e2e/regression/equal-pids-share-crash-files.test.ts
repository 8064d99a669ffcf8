// Bug: two primaries in two containers can have one pid. Each removed the crash files of the other
// in a shared directory.
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { parseCrashFile } from '../../../src/crash-file/reader.ts'
import { type App, eventually, startApp } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { children, namespace, namespaces } from '../../support/programs/namespaces.ts'
import { type Sample, sum } from '../../support/prometheus/page.ts'
import { need } from '../../support/tools.ts'

const directory = mkdtempSync(join(tmpdir(), 'crash-safe-'))

after(() => rmSync(directory, { recursive: true }))

test('Two primaries with one pid in two pid namespaces share a directory', async (context) => {
  if (need(context, namespaces()) === undefined) return
  const own = newDirectory()
  const env = { WORKERS: '1', GUNICORN_CRASH_MEMORY: 'off', PROMETHEUS_MULTIPROC_DIR: own }
  const options = { file: 'apps/cluster/cluster.cjs', env, through: namespace }
  const apps: App[] = []
  try {
    for (const count of [3, 5]) {
      const app = await startApp(options)
      apps.push(app)
      const port = await app.ready()
      for (let index = 0; index < count; index += 1) await get(port, '/')
    }
    await eventually(() => assert.deepEqual(crashFiles(own).map(requestsIn).sort(), [3, 5]))
    for (const [index, app] of apps.entries()) {
      const [primary = 0] = children(app.child.pid ?? 0)
      const [worker = 0] = children(primary)
      process.kill(worker, 'SIGKILL')
      await eventually(async () => {
        const page = await app.page()
        assert.equal(filesBy(page, 'read'), 1)
        assert.equal(sum(page, 'gunicorn_worker_requests_total'), [3, 5][index])
      })
    }
  } finally {
    for (const app of apps) await app.stop()
  }
})

function filesBy(page: readonly Sample[], result: string): number {
  return sum(page, 'gunicorn_exporter_crash_files_total', { result })
}

function newDirectory(): string {
  return mkdtempSync(join(directory, 'own-'))
}

function requestsIn(file: string): unknown {
  const [first] = parseCrashFile(readFileSync(file))?.metrics ?? []
  return first?.points[0]?.value
}

function crashFiles(parent: string): string[] {
  const names = readdirSync(parent, { recursive: true, encoding: 'utf8' })
  return names.filter((name) => name.endsWith('.counts')).map((name) => join(parent, name))
}
