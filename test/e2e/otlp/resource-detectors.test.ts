import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { scratchDirectory } from '../../support/endpoint/certificates.ts'
import { startRequestReceiver } from '../../support/otel/request-receiver.ts'
import {
  cleanEnvironment,
  eventually,
  nodeUnderTest,
  startApp,
} from '../../support/programs/app.ts'
import { makePackageProject, type PackageProject } from '../../support/programs/package-project.ts'

const directory = scratchDirectory()
let project: PackageProject

/** A project without OTel's detectors. Its detector `gcp` finds one of two attributes. */
before(() => {
  const packages = ['api', 'exporter-metrics-otlp-http']
  project = makePackageProject(directory, packages)
  const gcp = join(project.modules, '@opentelemetry/resource-detector-gcp')
  mkdirSync(gcp)
  const attributes =
    "{ 'cloud.region': Promise.resolve('north'), 'host.id': new Promise(() => {}) }"
  writeFileSync(
    join(gcp, 'index.js'),
    `exports.gcpDetector = { detect: () => ({ attributes: ${attributes} }) }`,
  )
})

const base = {
  OTEL_METRICS_EXPORTER: 'otlp',
  OTEL_METRIC_EXPORT_INTERVAL: '300',
  OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
}

/** Pushes from the project, and returns the resource and stderr. */
async function pushed(
  context: Parameters<typeof startRequestReceiver>[0],
  detectors: string,
): Promise<{ resource: Readonly<Record<string, unknown>>; stderr: string }> {
  const receiver = await startRequestReceiver(context)
  const env = {
    ...base,
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${receiver.port}`,
    OTEL_NODE_RESOURCE_DETECTORS: detectors,
    OTEL_SERVICE_NAME: 'shop',
  }
  const file = project.app
  const nodeArgs = ['--require', join(project.dist, 'register.cjs')]
  const app = await startApp({ file, preload: 'none', nodeArgs, env, cwd: directory })
  try {
    return await eventually(() => {
      const [, , request] = receiver.requests
      assert.ok(request)
      return { resource: request.resource, stderr: app.stderr() }
    })
  } finally {
    await app.stop()
  }
}

describe('Detectors of the resource', { concurrency: true }, () => {
  const missing =
    'OTEL_NODE_RESOURCE_DETECTORS has container: the package ' +
    '@opentelemetry/resource-detector-container is missing: ' +
    'npm install @opentelemetry/resource-detector-container'

  test('without their package have a line, and the push goes on', async (context) => {
    const { resource, stderr } = await pushed(context, 'container,os')
    assert.equal(stderr, `gunicorn-prometheus-exporter: ${missing} (GPE_PACKAGE_MISSING)\n`)
    assert.equal(typeof resource['os.type'], 'string')
    assert.equal(resource['host.name'], undefined)
    assert.equal(resource['service.name'], 'shop')
  })

  test('without their package have a warning of check', () => {
    const env = cleanEnvironment({ ...base, OTEL_NODE_RESOURCE_DETECTORS: 'container' })
    const options = { env, cwd: directory, encoding: 'utf8' } as const
    const text = execFileSync(nodeUnderTest, [join(project.dist, 'cli.cjs'), 'check'], options)
    assert.ok(text.includes(`Warning: ${missing} (GPE_PACKAGE_MISSING)`), text)
  })

  test('that take too long have a line, and found attributes arrive', async (context) => {
    const { resource, stderr } = await pushed(context, 'gcp,process')
    assert.equal(
      stderr,
      'gunicorn-prometheus-exporter: the resource detectors (gcp, process) did not end within ' +
        '2000 ms: attributes are missing (GPE_RESOURCE_DETECTORS)\n',
    )
    assert.deepEqual([resource['cloud.region'], resource['host.id']], ['north', undefined])
    assert.equal(typeof resource['process.pid'], 'number')
  })

  test('are those with a package where all are asked for, without a line', async (context) => {
    const { resource, stderr } = await pushed(context, 'all')
    assert.doesNotMatch(stderr, /npm install/)
    assert.equal(resource['cloud.region'], 'north')
    assert.equal(typeof resource['os.type'], 'string')
  })

  test('are none with the word, and the environment counts', async (context) => {
    const { resource, stderr } = await pushed(context, 'none')
    assert.deepEqual([resource['os.type'], resource['service.name']], [undefined, 'shop'])
    assert.equal(stderr, '')
  })
})
