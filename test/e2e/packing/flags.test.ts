import assert from 'node:assert/strict'
import { mkdir, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { bundledProgram, type ProgramOptions } from '../../support/packing/bundled-program.ts'
import { checkPacked } from '../../support/packing/packed-run.ts'
import { eventually, startApp } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'

const root = join(import.meta.dirname, '../../..')
const preloaded: ProgramOptions = {
  ...{ bundler: 'esbuild', format: 'cjs', isMinified: false, external: [], isInstalled: false },
  program: { file: 'preloaded.mjs' },
}

describe('The exporter in a bundle', () => {
  test('runs with --disallow-code-generation-from-strings', async (context) => {
    const file = await bundledProgram(context, preloaded)
    if (file === undefined) return
    const nodeArgs = ['--disallow-code-generation-from-strings']
    const options = { preload: 'none', cwd: dirname(file), env: { WORKERS: '2' } } as const
    await checkPacked(await startApp({ file, nodeArgs, ...options }), 2)
  })

  test('says in one line that --permission forbids its thread', async (context) => {
    const file = await bundledProgram(context, preloaded)
    if (file === undefined) return
    const permission = process.allowedNodeEnvironmentFlags.has('--permission')
      ? '--permission'
      : '--experimental-permission'
    const nodeArgs = [permission, '--allow-fs-read=*']
    const app = await startApp({ file, preload: 'none', nodeArgs, cwd: dirname(file) })
    context.after(() => app.stop())
    const port = await app.ready()
    assert.equal((await get(port, '/')).status, 200)
    assert.equal((await get(port, '/metrics')).status, 503)
    app.child.kill('SIGTERM')
    assert.equal((await app.ended).code, 0)
    const lines = app
      .stderr()
      .split('\n')
      .filter((line) => line.startsWith('gunicorn'))
    assert.equal(lines.length, 1, app.stderr())
    assert.match(lines[0] ?? '', /switched off/)
  })

  test('runs without a directory to write to, and names the setting', async (context) => {
    const file = await bundledProgram(context, preloaded)
    if (file === undefined) return
    const env = { WORKERS: '2', TMPDIR: '/proc/no-such-directory' }
    const app = await startApp({ file, preload: 'none', cwd: dirname(file), env })
    context.after(() => app.stop())
    const port = await app.ready()
    assert.equal((await get(port, '/')).status, 200)
    await eventually(async () => assert.ok((await app.page()).length > 0))
    app.child.kill('SIGTERM')
    assert.equal((await app.ended).code, 0)
    assert.match(app.stderr(), /PROMETHEUS_MULTIPROC_DIR/)
  })
})

test('NODE_OPTIONS can name a preload below a directory with spaces', async (context) => {
  const directory = join(await temporaryDirectory(context), 'with spaces')
  await mkdir(directory)
  await symlink(root, join(directory, 'package'))
  const preload = join(directory, 'package/dist/register.cjs')
  const env = { WORKERS: '2', NODE_OPTIONS: `--require ${JSON.stringify(preload)}` }
  await checkPacked(await startApp({ file: 'packing/app.mjs', preload: 'none', env }), 2)
})

test('A bundle without packages names the package for own metrics', async (context) => {
  const file = await bundledProgram(context, {
    ...preloaded,
    program: {
      text:
        "import 'gunicorn-prometheus-exporter/register'\n" +
        "import { metrics } from '@opentelemetry/api'\n" +
        "metrics.getMeter('app').createCounter('jobs').add(1)\n" +
        "import './app.mjs'\n",
    },
    packages: ['@opentelemetry/api'],
  })
  if (file === undefined) return
  const app = await startApp({ file, preload: 'none', cwd: dirname(file), env: { WORKERS: '1' } })
  context.after(() => app.stop())
  await app.ready()
  await eventually(async () => assert.ok((await app.page()).length > 0))
  app.child.kill('SIGTERM')
  assert.equal((await app.ended).code, 0)
  const line =
    'gunicorn-prometheus-exporter: the metrics of the application are left out: the package ' +
    '@opentelemetry/sdk-metrics is missing: npm install @opentelemetry/sdk-metrics'
  assert.deepEqual([...new Set(app.stderr().trimEnd().split('\n'))], [line])
})
