import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cp, mkdir, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import {
  type App,
  cleanEnvironment,
  eventually,
  fetchText,
  fixtures,
  nodeUnderTest,
  startApp,
} from '../../support/programs/app.ts'
import { makePackageProject, type PackageProject } from '../../support/programs/package-project.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'

/*
 * The built files in the node_modules of a project, with the dependencies of the package and
 * without its optional packages. Links stand for installations.
 */

const root = join(import.meta.dirname, '../../..')
const exporter = '@opentelemetry/exporter-metrics-otlp-proto'
const instrumentations = [
  '@opentelemetry/instrumentation-http',
  '@opentelemetry/instrumentation-runtime-node',
]
/** Nothing listens at the endpoint: the pushes fail. */
const asked = {
  OTEL_METRICS_EXPORTER: 'prometheus,otlp',
  OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
  OTEL_EXPORTER_OTLP_TIMEOUT: '1000',
  OTEL_METRIC_EXPORT_INTERVAL: '500',
  GUNICORN_INSTRUMENTATIONS: 'http,runtime-node',
}

/** Installs the packages of OpenTelemetry in a folder. */
async function install(directory: string): Promise<void> {
  const scope = 'node_modules/@opentelemetry'
  await rm(join(directory, scope), { recursive: true, force: true })
  await mkdir(join(directory, 'node_modules'), { recursive: true })
  await symlink(join(root, scope), join(directory, scope))
}

function preloadOf({ dist }: PackageProject): string {
  return join(dist, 'register.cjs')
}

/** Runs an application in a folder, and stops the application at the end of the test. */
async function start(context: TestContext, cwd: string, preload: string): Promise<App> {
  await cp(join(fixtures, 'apps/single/single.cjs'), join(cwd, 'app.cjs'))
  const nodeArgs = ['--require', preload]
  const app = await startApp({
    ...{ file: join(cwd, 'app.cjs'), preload: 'none', cwd, nodeArgs, env: asked },
  })
  context.after(() => app.stop())
  await app.ready()
  return app
}

interface ExporterStatus {
  readonly push: { readonly state: string; readonly lastError: string | null }
}

async function pushOf(app: App): Promise<ExporterStatus['push']> {
  const text = await fetchText(app.metricsUrl.replace(/metrics$/, 'status'))
  return (JSON.parse(text) as { readonly exporter: ExporterStatus }).exporter.push
}

function countOf(text: string, part: string): number {
  return text.split(part).length - 1
}

describe('A setting that asks for an optional package', () => {
  test('has one line with the command if the package is missing', async (context) => {
    const directory = await temporaryDirectory(context)
    const preload = preloadOf(makePackageProject(directory, []))
    const app = await start(context, directory, preload)
    await eventually(async () => assert.equal((await pushOf(app)).state, 'off'))
    assert.match((await pushOf(app)).lastError ?? '', new RegExp(`npm install ${exporter}`))
    await eventually(async () => {
      const faults = (await app.page()).filter(
        ({ name, labels }) =>
          name === 'gunicorn_exporter_faults_total' && labels['component'] === 'instrumentation',
      )
      assert.equal(faults[0]?.value, 2, app.stderr())
    })
    for (const name of [exporter, ...instrumentations]) {
      assert.equal(countOf(app.stderr(), `npm install ${name}`), 1, app.stderr())
    }
    assert.equal(app.stderr().trimEnd().split('\n').length, 3, app.stderr())
  })

  test('is told by check and doctor', async (context) => {
    const directory = await temporaryDirectory(context)
    const cli = join(makePackageProject(directory, []).dist, 'cli.cjs')
    for (const command of ['check', 'doctor']) {
      const { status, stdout, stderr } = spawnSync(nodeUnderTest, [cli, command], {
        ...{ cwd: directory, env: cleanEnvironment(asked), encoding: 'utf8', timeout: 60_000 },
      })
      assert.notEqual(status, 0)
      for (const name of [exporter, ...instrumentations]) {
        assert.match(stdout + stderr, new RegExp(`npm install ${name}`), command)
      }
    }
  })

  test('is satisfied by the packages beside the exporter', async (context) => {
    const directory = await temporaryDirectory(context)
    const preload = preloadOf(makePackageProject(directory, []))
    await install(directory)
    await assertPushes(await start(context, directory, preload))
  })

  test('is satisfied by the packages of an application in another folder', async (context) => {
    const preload = preloadOf(makePackageProject(await temporaryDirectory(context), []))
    const directory = await temporaryDirectory(context)
    await install(directory)
    await assertPushes(await start(context, directory, preload))
  })
})

/** The exporter loads and pushes, and both instrumentations have metrics on the page. */
async function assertPushes(app: App): Promise<void> {
  await eventually(async () => assert.match((await pushOf(app)).lastError ?? '', /\S/))
  assert.equal((await pushOf(app)).state, 'on')
  await eventually(async () => {
    const names = new Set((await app.page()).map(({ name }) => name))
    assert.ok(names.has('nodejs_eventloop_utilization_ratio'), [...names].join(' '))
  })
  assert.equal(countOf(app.stderr(), 'npm install'), 0, app.stderr())
}
