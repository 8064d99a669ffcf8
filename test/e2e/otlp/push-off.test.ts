import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { scratchDirectory } from '../../support/endpoint/certificates.ts'
import {
  cleanEnvironment,
  eventually,
  fetchText,
  nodeUnderTest,
  startApp,
} from '../../support/programs/app.ts'
import { makePackageProject, type PackageProject } from '../../support/programs/package-project.ts'
import { sum } from '../../support/prometheus/page.ts'

const directory = scratchDirectory()
let project: PackageProject

/** A project with the package, and without the exporters of OTLP. */
before(() => {
  project = makePackageProject(directory, ['api'])
})

type Environment = Readonly<Record<string, string>>

async function check(env: Environment): Promise<{ code: unknown; stderr: string }> {
  return await new Promise((resolve) => {
    const options = { env: cleanEnvironment(env), cwd: directory }
    execFile(nodeUnderTest, [join(project.dist, 'cli.cjs'), 'check'], options, (error, _, stderr) =>
      resolve({ code: error?.code ?? 0, stderr }),
    )
  })
}

describe('Pushes that are off for good', { concurrency: true }, () => {
  const install = (name: string): string =>
    `the package @opentelemetry/exporter-metrics-otlp-${name} is missing: ` +
    `npm install @opentelemetry/exporter-metrics-otlp-${name}`
  const rows: readonly (readonly [protocol: string, reason: string])[] = [
    ['http/protobuf', install('proto')],
    ['grpc', install('grpc')],
    ['http/json', install('http')],
    ['soap', 'allowed is http/protobuf or http/json or grpc'],
  ]
  for (const [protocol, reason] of rows) {
    test(`show on stderr, /status and the page, and fail check (${protocol})`, async () => {
      const env = {
        OTEL_METRICS_EXPORTER: 'prometheus,otlp',
        OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      }
      const { code, stderr } = await check(env)
      assert.equal(code, 2)
      assert.ok(stderr.includes(reason), stderr)
      const nodeArgs = ['--require', join(project.dist, 'register.cjs')]
      const file = project.app
      const app = await startApp({ file, preload: 'none', nodeArgs, env, cwd: directory })
      try {
        await eventually(() => {
          assert.match(app.stderr(), /no metrics are pushed: /)
          assert.ok(app.stderr().includes(reason), app.stderr())
        })
        await eventually(async () => {
          assert.equal(sum(await app.page(), 'gunicorn_exporter_pushing'), 0)
        })
        const text = await fetchText(app.metricsUrl.replace('metrics', 'status'))
        const { exporter } = JSON.parse(text) as { exporter: { push: Record<string, unknown> } }
        assert.equal(exporter.push['state'], 'off')
        assert.ok(String(exporter.push['lastError']).includes(reason), text)
      } finally {
        await app.stop()
      }
    })
  }
})
