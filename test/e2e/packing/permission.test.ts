import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import {
  type App,
  cleanEnvironment,
  eventually,
  nodeUnderTest,
  preloadFlags,
  startApp,
  workingDirectory,
} from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { sum } from '../../support/prometheus/page.ts'

/* Node's permission model: the application starts, and one line names the missing flag. */

const root = realpathSync(workingDirectory)
/** Node 20 has the earlier name of the flag. */
const permission =
  spawnSync(nodeUnderTest, ['--permission', '--version']).status === 0
    ? '--permission'
    : '--experimental-permission'
const read = '--allow-fs-read=*'
const readSome = `--allow-fs-read=${join(root, '*')}`
const write = '--allow-fs-write=*'
const children = '--allow-child-process'
const threads = '--allow-worker'

type Shape = 'single' | 'cluster'
type Row = readonly [shape: Shape, flags: readonly string[], hasPage: boolean, line?: RegExp]

const noThread = new RegExp(
  '^\\S+ the exporter is switched off: Node\\.js runs without --allow-worker ' +
    '\\(GPE_EXPORTER_OFF\\)\\. Run `npx gunicorn-prometheus-exporter doctor`\\.$',
)
const noFiles = (flag: string): RegExp =>
  new RegExp(
    `^\\S+ the directory for crash files cannot be made, .*: Node\\.js runs without ${flag} ` +
      'for /.*\\(see PROMETHEUS_MULTIPROC_DIR\\) \\(GPE_CRASH_FILES\\)$',
  )

const rows: readonly Row[] = [
  ['single', [read], false, noThread],
  ['single', [read, children], false, noThread],
  ['single', [read, threads], true],
  ['single', [readSome, threads], true],
  ['cluster', [read, children], false, noThread],
  ['cluster', [read, children, threads], true, noFiles('--allow-fs-write')],
  ['cluster', [readSome, children, threads], true, noFiles('--allow-fs-read')],
  ['cluster', [read, write, children, threads], true],
]

describe(`With ${permission}`, { concurrency: 2 }, () => {
  for (const [shape, flags, hasPage, line] of rows) {
    test(`${flags.join(' ').replaceAll(root, '')}, a ${shape} process serves`, async (context) => {
      const env = { WORKERS: '2' }
      const nodeArgs = [permission, ...flags]
      const app = await startApp({ file: `apps/${shape}/${shape}.cjs`, nodeArgs, env })
      context.after(() => app.stop())
      const port = await app.ready()
      assert.equal((await get(port, '/')).status, 200)
      if (hasPage) await counts(app)
      if (line) await eventually(() => assert.match(ownLines(app)[0] ?? '', line))
      assert.equal(ownLines(app).length, line ? 1 : 0, app.stderr())
    })
  }

  test('and no right to read, Node.js itself ends the process before the preload', () => {
    const args = [permission, ...preloadFlags('require'), '-e', '0']
    const { status, stderr } = spawnSync(nodeUnderTest, args, {
      ...{ encoding: 'utf8', timeout: 30_000, env: cleanEnvironment({}) },
    })
    assert.equal(status, 1)
    assert.match(stderr, /ERR_ACCESS_DENIED/)
    assert.doesNotMatch(stderr, /^gunicorn-prometheus-exporter: /m)
  })
})

async function counts(app: App): Promise<void> {
  await eventually(async () => {
    assert.equal(sum(await app.page(), 'gunicorn_worker_requests_total'), 1)
  })
}

function ownLines(app: App): string[] {
  return app
    .stderr()
    .split('\n')
    .filter((line) => line.startsWith('gunicorn-prometheus-exporter: '))
}
