import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { copyFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { installPackages, type Packages } from '../../support/frameworks/installed-packages.ts'
import { eventually, fixtures, startApp } from '../../support/programs/app.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'
import { type Prometheus, startPrometheus } from '../../support/prometheus/prometheus.ts'
import { scrapeConfig } from '../../support/prometheus/scrape-jobs.ts'
import { need, needed, prometheus } from '../../support/tools.ts'

/*
 * The guides of migration compare queries of another library with ours. One application has both,
 * and a Prometheus server scrapes both pages: both columns of a table have to give equal values.
 */

interface Guide {
  readonly library: string
  readonly packages: Packages
}

const guides: readonly Guide[] = [
  {
    library: 'express-prom-bundle',
    packages: { express: '5.3.0', 'express-prom-bundle': '8.0.0', 'prom-client': '15.1.3' },
  },
  { library: 'fastify-metrics', packages: { fastify: '5.12.8', 'fastify-metrics': '14.1.0' } },
]

for (const { library, packages } of guides) {
  test(`The queries in the guide of ${library} give equal values`, async (context) => {
    const program = need(context, prometheus())
    const installed = needed(context, await installPackages(packages))
    if (program === undefined || installed === undefined) return
    const { port, app } = await started(context, library, installed.directory)
    await send(port)
    const ours = Number(new URL(app.metricsUrl).port)
    const server = await startPrometheus({
      prometheus: program,
      config: scrapeConfig({ theirs: { port }, ours: { port: ours } }),
    })
    context.after(server.stop)
    const pairs = queriesOf(library)
    assert.ok(pairs.length > 3)
    for (const [before, after] of pairs) await assertEqual(server, before, after)
  })
}

async function started(
  context: TestContext,
  library: string,
  installed: string,
): Promise<{ readonly port: number; readonly app: Awaited<ReturnType<typeof startApp>> }> {
  const directory = await temporaryDirectory(context)
  await symlink(join(installed, 'node_modules'), join(directory, 'node_modules'))
  const file = join(directory, 'app.cjs')
  await copyFile(join(fixtures, 'migration', `${library}.cjs`), file)
  // The scrapes of the other page are requests of the application, too.
  const app = await startApp({ file, env: { GUNICORN_HTTP_EXCLUDE: '/metrics' } })
  context.after(app.stop)
  return { app, port: await app.ready() }
}

/** Requests with several methods, statuses and routes. */
async function send(port: number): Promise<void> {
  const requests: readonly [method: string, path: string, times: number][] = [
    ['GET', '/users/7', 5],
    ['GET', '/users/8', 2],
    ['POST', '/users/7', 3],
    ['GET', '/broken', 4],
    ['GET', '/nothing', 6],
  ]
  for (const [method, path, times] of requests)
    for (let count = 0; count < times; count += 1)
      await (await fetch(`http://127.0.0.1:${port}${path}`, { method })).arrayBuffer()
}

/** The rows of the table below the comment `queries: LIBRARY`. */
function queriesOf(library: string): readonly [before: string, after: string][] {
  const guide = join(import.meta.dirname, `../../../docs/migrate-${library}.md`)
  const [, after = ''] = readFileSync(guide, 'utf8').split(`<!-- queries: ${library} -->\n`)
  const [table = ''] = after.split('\n\n')
  const rows = Array.from(table.matchAll(/^\| `(.+?)` \| `(.+?)` \|$/gm))
  return rows.map(([, before = '', now = '']) => [before, now])
}

async function assertEqual(server: Prometheus, before: string, after: string): Promise<void> {
  await eventually(async () => {
    const [theirs, ours] = await Promise.all([values(server, before), values(server, after)])
    assert.ok(theirs.length > 0, `${before} gives no data`)
    assert.deepEqual(ours, theirs, `${before} and ${after}`)
  })
}

/** Without the labels of the target. */
async function values(server: Prometheus, expression: string): Promise<string[]> {
  const results = await server.query(expression)
  return results.map(({ labels, value }) => `${JSON.stringify(labels)} ${value}`).sort()
}
