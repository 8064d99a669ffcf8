import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { environment } from '../../../src/config/environment.ts'
import { installProject, type PackageManager } from '../../support/packing/package-managers.ts'
import { checkPacked } from '../../support/packing/packed-run.ts'
import { eventually, startApp } from '../../support/programs/app.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'

/*
 * Installs the packed package with each package manager, and runs a cluster with the preload. The
 * exporter thread also loads packages: it pushes to a receiver of the test.
 */

async function check(context: TestContext, manager: PackageManager): Promise<void> {
  const directory = await temporaryDirectory(context)
  if (!(await installProject(context, manager, directory))) return
  const receiver = await startReceiver(context)
  const options = manager === 'yarn' ? plugAndPlay(directory) : []
  const app = await startApp({
    ...{ file: join(directory, 'app.mjs'), preload: 'none', cwd: directory },
    nodeArgs: [...options, '--require', 'gunicorn-prometheus-exporter/register'],
    env: {
      WORKERS: '2',
      OTEL_METRICS_EXPORTER: 'prometheus,otlp',
      OTEL_METRIC_EXPORT_INTERVAL: '500',
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    },
  })
  await checkPacked(app, 2)
  await eventually(() => assert.ok(receiver.paths().includes('/v1/metrics')))
}

/** The options that `yarn node` gives to Node.js. */
function plugAndPlay(directory: string): string[] {
  const loader = pathToFileURL(join(directory, '.pnp.loader.mjs')).href
  return ['--require', join(directory, '.pnp.cjs'), '--experimental-loader', loader]
}

async function startReceiver(context: TestContext) {
  const paths: (string | undefined)[] = []
  const server = createServer((request, response) => {
    paths.push(request.url)
    request.resume().on('end', () => response.end())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  context.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, paths: () => paths }
}

const { PACKING: chosen = 'fast' } = environment()
const managers: readonly PackageManager[] =
  chosen === 'all' ? ['npm', 'pnpm', 'yarn'] : ['pnpm', 'yarn']

describe('The packed package runs and pushes', () => {
  for (const manager of managers) {
    const title = manager === 'yarn' ? "Yarn Plug'n'Play" : manager
    test(`installed by ${title}`, (context) => check(context, manager))
  }
})
