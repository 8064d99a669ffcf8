import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { scratchDirectory } from '../../support/endpoint/certificates.ts'
import {
  cleanEnvironment,
  eventually,
  fetchText,
  fixtures,
  nodeUnderTest,
  startApp,
} from '../../support/programs/app.ts'
import { sum } from '../../support/prometheus/page.ts'

const root = join(import.meta.dirname, '../../..')
const directory = scratchDirectory()
const modules = join(directory, 'node_modules')
const dist = join(modules, 'exporter/dist')

/** A project with the package, and without the exporters of OTLP. */
before(() => {
  cpSync(join(root, 'dist'), dist, { recursive: true })
  cpSync(join(fixtures, 'apps/single/single.cjs'), join(directory, 'app.cjs'))
  mkdirSync(join(modules, '@opentelemetry'))
  const api = join('@opentelemetry', 'api')
  symlinkSync(join(root, 'node_modules', api), join(modules, api))
})

type Environment = Readonly<Record<string, string>>

async function check(env: Environment): Promise<{ code: unknown; stderr: string }> {
  return await new Promise((resolve) => {
    const options = { env: cleanEnvironment(env), cwd: directory }
    execFile(nodeUnderTest, [join(dist, 'cli.cjs'), 'check'], options, (error, _, stderr) =>
      resolve({ code: error?.code ?? 0, stderr }),
    )
  })
}

describe('Pushes that are off for good', { concurrency: true }, () => {
  const install = (name: string): string =>
    `the package @opentelemetry/exporter-metrics-otlp-${name} is missing: ` +
    `npm install @opentelemetry/exporter-metrics-otlp-${name}`
  const rows: readonly (readonly [protocol: string, reason: string])[] = [
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
      const nodeArgs = ['--require', join(dist, 'register.cjs')]
      const file = join(directory, 'app.cjs')
      const app = await startApp({ file, preload: 'none', nodeArgs, env })
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
