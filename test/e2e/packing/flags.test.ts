import assert from 'node:assert/strict'
import { mkdir, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
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

interface OwnMetricsOptions {
  readonly lines: string
  /** Whether the package of the API is installed beside the bundle. */
  readonly hasApi: boolean
  readonly isMinified?: boolean
}

/** Runs a bundle of the preload, OpenTelemetry's API and these lines. */
async function runOwnMetrics(
  context: TestContext,
  { lines, hasApi, isMinified = false }: OwnMetricsOptions,
): Promise<{ readonly names: ReadonlySet<string>; readonly stderr: string }> {
  const file = await bundledProgram(context, {
    ...preloaded,
    isMinified,
    program: {
      text:
        "import 'gunicorn-prometheus-exporter/register'\n" +
        `import { metrics } from '@opentelemetry/api'\n${lines}import './app.mjs'\n`,
    },
    packages: ['@opentelemetry/api', '@opentelemetry/instrumentation'],
  })
  assert.ok(file)
  if (hasApi) {
    const scope = join(dirname(file), 'node_modules/@opentelemetry')
    await mkdir(scope, { recursive: true })
    await symlink(join(root, 'node_modules/@opentelemetry/api'), join(scope, 'api'))
  }
  const app = await startApp({ file, preload: 'none', cwd: dirname(file), env: { WORKERS: '1' } })
  context.after(() => app.stop())
  await app.ready()
  let names = new Set<string>()
  await eventually(async () => {
    names = new Set((await app.page()).map(({ name }) => name))
    assert.ok(names.has(hasApi ? 'jobs_total' : 'gunicorn_worker_requests_total'))
  })
  app.child.kill('SIGTERM')
  assert.equal((await app.ended).code, 0)
  return { names, stderr: app.stderr() }
}

test('A bundle beside @opentelemetry/api has own metrics on its page', async (context) => {
  const lines = "metrics.getMeter('app').createCounter('jobs').add(1)\n"
  const { stderr } = await runOwnMetrics(context, { lines, hasApi: true })
  assert.equal(stderr, '')
})

test('A bundle without packages can register a provider of its own', async (context) => {
  const lines =
    'const own = { getMeter: () => ({}) }\n' +
    "if (!metrics.setGlobalMeterProvider(own)) throw new Error('refused')\n" +
    "if (metrics.getMeterProvider() !== own) throw new Error('lost')\n"
  const { stderr } = await runOwnMetrics(context, { lines, hasApi: false })
  assert.match(stderr, oneLine)
})

for (const isMinified of [false, true]) {
  const form = isMinified ? 'minified bundle' : 'bundle'
  const told = "says once that the application's metrics are missing"
  test(`A ${form} without @opentelemetry/api ${told}`, async (context) => {
    const use = "metrics.getMeter(name).createCounter('jobs').add(1)"
    const lines = `for (const name of ['a', 'b']) ${use}\n`
    const { stderr, names } = await runOwnMetrics(context, { lines, hasApi: false, isMinified })
    assert.match(stderr, oneLine)
    assert.ok(!names.has('jobs_total'))
  })
}

test('A bundle that uses traces of OpenTelemetry only has no line', async (context) => {
  const lines =
    "import { context, trace } from '@opentelemetry/api'\n" +
    "trace.getTracer('app').startSpan('span').end()\ncontext.active()\nvoid metrics\n"
  const { stderr } = await runOwnMetrics(context, { lines, hasApi: false })
  assert.equal(stderr, '')
})

test('An instrumentation in a bundle makes a meter, and counts as a use', async (context) => {
  const lines =
    "import { InstrumentationBase } from '@opentelemetry/instrumentation'\n" +
    'class Own extends InstrumentationBase { init() {} }\n' +
    "new Own('own', '1.0.0', {})\nvoid metrics\n"
  const { stderr } = await runOwnMetrics(context, { lines, hasApi: false })
  assert.match(stderr, oneLine)
})

test('A bundle can seal the global object before its first use of metrics', async (context) => {
  const lines =
    'Object.seal(globalThis)\n' + "metrics.getMeter('app').createCounter('jobs').add(1)\n"
  const { stderr } = await runOwnMetrics(context, { lines, hasApi: false })
  assert.match(stderr, oneLine)
})

const oneLine =
  /^gunicorn-prometheus-exporter: the page lacks the metrics .* \(GPE_API_NOT_FOUND\)\n$/
