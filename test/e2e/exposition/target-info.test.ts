import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import {
  defaultResource,
  detectResources,
  envDetector,
  type Resource,
  resourceFromAttributes,
} from '@opentelemetry/resources'
import {
  type App,
  type AppOptions,
  eventually,
  fetchText,
  startApp,
} from '../../support/programs/app.ts'
import { startServe } from '../../support/programs/serve.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'
import { faultsOf } from '../../support/prometheus/exposition.ts'
import { parsePage, type Sample, select } from '../../support/prometheus/page.ts'
import { sharing, startRedis } from '../../support/redis/redis.ts'

/*
 * target_info on each kind of page. OTel's serializer is the oracle.
 */

const attributes = 'service.namespace=eu%20west,deployment.environment.name=test'
const env = { OTEL_SERVICE_NAME: 'shop', OTEL_RESOURCE_ATTRIBUTES: attributes, NODE_NAME: 'node-7' }

test('target_info shows the resource as OTel’s serializer does', async (context) => {
  for (const file of ['apps/cluster/cluster.cjs', 'apps/metrics/units.cjs']) {
    const url = await started(context, { file, env })
    for (const accept of ['text/plain', 'application/openmetrics-text; version=1.0.0']) {
      const text = await fetchText(url, { accept })
      const [expected] = labelsOf(oracle(environmentResource(env)))
      // The program under test can have another SDK than the oracle.
      const sdk = { telemetry_sdk_version: expected?.['telemetry_sdk_version'] }
      const shown = labelsOf(text).map((labels) => ({ ...labels, ...sdk }))
      assert.deepEqual(shown, [expected])
      assert.match(text, /^# HELP target_info Target metadata\n# TYPE target_info gauge\n/m)
      const format = accept.startsWith('text/') ? 'prometheus' : 'openmetrics'
      assert.deepEqual(faultsOf(text, format), [])
    }
  }
})

test('target_info names an unknown service as OTel does', async (context) => {
  const url = await started(context, {})
  const [labels] = labelsOf(await fetchText(url))
  assert.match(labels?.['service_name'] ?? '', /^unknown_service:.*node$/)
})

describe('On the page of other processes, target_info carries the instance', () => {
  test('over a directory, with the service of /status', async (context) => {
    const directory = await temporaryDirectory(context)
    await startedApp(context, { env: { PROMETHEUS_SHARED_DIR: directory } })
    const sidecar = await startServe({ args: ['--shared-dir', directory] })
    context.after(() => sidecar.stop())
    await eventually(async () => {
      const [shown] = (await sidecar.status()).origins.flatMap(({ sources }) => sources)
      assert.match(shown?.service ?? '', /^unknown_service:.*node$/)
      const page = parsePage(await fetchText(sidecar.metricsUrl))
      const [target] = select(page, 'target_info', { instance: shown?.instance ?? '' })
      assert.equal(target?.labels['service_name'], shown?.service)
    })
  })

  test('over a directory, beside the target_info of the sidecar', async (context) => {
    const directory = await temporaryDirectory(context)
    for (const OTEL_SERVICE_NAME of ['shop', 'stock']) {
      await startedApp(context, { env: { OTEL_SERVICE_NAME, PROMETHEUS_SHARED_DIR: directory } })
    }
    const sidecar = await startServe({
      args: ['--shared-dir', directory],
      env: { NODE_NAME: 'node-7' },
    })
    context.after(() => sidecar.stop())
    await eventually(async () => {
      const text = await fetchText(sidecar.metricsUrl)
      assert.deepEqual(faultsOf(text, 'prometheus'), [])
      const page = parsePage(text)
      assert.deepEqual(servicesOf(page), ['gunicorn-prometheus-exporter', 'shop', 'stock'])
      const own = { service_name: 'gunicorn-prometheus-exporter', k8s_node_name: 'node-7' }
      assert.equal(select(page, 'target_info', own)[0]?.labels['instance'], undefined)
      for (const service_name of ['shop', 'stock']) {
        assert.ok(select(page, 'target_info', { service_name })[0]?.labels['instance'])
      }
    })
  })

  test('over Redis, on the page of each process', async (context) => {
    const redis = await startRedis(context)
    if (!redis) return
    const urls: string[] = []
    for (const OTEL_SERVICE_NAME of ['shop', 'stock']) {
      urls.push(await started(context, { env: { OTEL_SERVICE_NAME, ...sharing(redis.port) } }))
    }
    for (const url of urls) {
      await eventually(async () => {
        const page = parsePage(await fetchText(url))
        assert.deepEqual(servicesOf(page), ['shop', 'stock'])
        const instances = select(page, 'target_info').map(({ labels }) => labels['instance'])
        assert.equal(new Set(instances).size, 2)
        assert.ok(instances.every((instance) => instance !== undefined))
      })
    }
  })
})

/** @returns the URL of the page. */
async function started(context: TestContext, options: Partial<AppOptions>): Promise<string> {
  const app = await startedApp(context, options)
  await eventually(() => app.page())
  return app.metricsUrl
}

async function startedApp(context: TestContext, options: Partial<AppOptions>): Promise<App> {
  const app = await startApp({ file: 'apps/cluster/cluster.cjs', ...options })
  context.after(() => app.stop())
  await app.ready()
  return app
}

function environmentResource(variables: Readonly<Record<string, string>>): Resource {
  const before = { ...process.env }
  Object.assign(process.env, variables)
  try {
    const node = resourceFromAttributes({ 'k8s.node.name': variables['NODE_NAME'] ?? '' })
    return defaultResource()
      .merge(node)
      .merge(detectResources({ detectors: [envDetector] }))
  } finally {
    for (const name of Object.keys(variables)) {
      if (before[name] === undefined) Reflect.deleteProperty(process.env, name)
    }
  }
}

function oracle(resource: Resource): string {
  const text = new PrometheusSerializer().serialize({ resource, scopeMetrics: [] })
  return text.replace('# no registered metrics', '')
}

function labelsOf(text: string): Readonly<Record<string, string>>[] {
  const lines = text.split('\n').filter((line) => line.startsWith('target_info'))
  return parsePage(lines.join('\n')).map(({ labels }) => labels)
}

function servicesOf(page: readonly Sample[]): (string | undefined)[] {
  return select(page, 'target_info')
    .map(({ labels }) => labels['service_name'])
    .sort()
}
