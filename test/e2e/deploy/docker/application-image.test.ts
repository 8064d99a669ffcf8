import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { copyFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { version } from '../../../../src/model/version.ts'
import { startContainer } from '../../../support/images/container.ts'
import { buildImage, type Image, imageTools } from '../../../support/images/image.ts'
import { eventually, fetchText, freePort } from '../../../support/programs/app.ts'
import { type Belongings, latestFirst } from '../../../support/programs/belongings.ts'
import { startServer } from '../../../support/programs/server.ts'
import { temporaryDirectory } from '../../../support/programs/temporary-directory.ts'
import { need } from '../../../support/tools.ts'

const repository = join(import.meta.dirname, '../../../..')

for (const dockerfile of ['Dockerfile', 'small.Dockerfile']) {
  test(`application/${dockerfile} builds an image of a project with a lock`, async (t) => {
    const context = latestFirst(t)
    if (need(t, imageTools()) === undefined) return
    const project = await temporaryDirectory(context)
    await writeProject(context, project)
    const image = await buildApplication(context, { dockerfile, project })
    t.diagnostic(`${image.megabytes} MB`)
    const [port, metricsPort] = [await freePort(), await freePort()]
    const app = startContainer({
      image,
      env: { PORT: `${port}`, PROMETHEUS_METRICS_PORT: `${metricsPort}` },
    })
    context.after(app.stop)
    assert.equal(await eventually(() => fetchText(`http://127.0.0.1:${port}/`)), 'hello')
    await eventually(() => assert.equal(app.run(image.healthCommand).status, 0))
    await eventually(async () => {
      const page = await fetchText(`http://127.0.0.1:${metricsPort}/metrics`)
      assert.match(page, /^gunicorn_worker_requests_total\{[^}]*\} 1$/m)
    })
    process.kill(app.init(), 'SIGTERM')
    assert.deepEqual(await app.ended, { code: 0, signal: null }, app.stderr())
  })
}

async function buildApplication(
  context: Belongings,
  { dockerfile, project }: { readonly dockerfile: string; readonly project: string },
): Promise<Image> {
  const file = `deploy/docker/application/${dockerfile}`
  if (dockerfile === 'Dockerfile') {
    return await buildImage(context, { dockerfile: file, context: project })
  }
  const runtime = await buildImage(context, { dockerfile: 'deploy/docker/Dockerfile' })
  const variables = { RUNTIME_IMAGE: runtime.id }
  return await buildImage(context, { dockerfile: file, context: project, variables })
}

/** A project as a user has it. A server on the loopback interface stands for npm's registry. */
async function writeProject(context: Belongings, project: string): Promise<void> {
  const registry = await temporaryDirectory(context)
  npm(['pack', '--ignore-scripts', '--silent', '--pack-destination', registry], repository)
  const port = await freePort()
  const command = ['python3', '-m', 'http.server', `${port}`, '--bind', '127.0.0.1']
  const url = `http://127.0.0.1:${port}/`
  const server = await startServer({
    command: [...command, '--directory', registry],
    healthUrl: url,
  })
  context.after(server.stop)
  await writeFile(
    join(project, 'server.js'),
    `const { createServer } = require('node:http')
createServer((_request, response) => response.end('hello')).listen(process.env.PORT)
`,
  )
  const probe = 'healthcheck.cjs'
  await copyFile(join(repository, 'deploy/docker', probe), join(project, probe))
  const dependencies = {
    '@opentelemetry/api': '^1.9.0',
    'gunicorn-prometheus-exporter': `${url}gunicorn-prometheus-exporter-${version}.tgz`,
  }
  await writeFile(join(project, 'package.json'), JSON.stringify({ private: true, dependencies }))
  npm(['install', '--package-lock-only', '--no-audit', '--no-fund'], project)
}

function npm(args: readonly string[], cwd: string): void {
  const { status, stderr } = spawnSync('npm', args, { cwd, encoding: 'utf8', timeout: 300_000 })
  assert.equal(status, 0, stderr)
}
