import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { parse } from 'yaml'
import { scratchDirectory } from '../../support/endpoint/certificates.ts'
import { startCollector, toFile } from '../../support/otel/collector.ts'
import { readPushes } from '../../support/otel/otlp-file.ts'
import { eventually } from '../../support/programs/app.ts'
import { get, load } from '../../support/programs/load.ts'
import { withMaster } from '../../support/programs/master.ts'
import { sum } from '../../support/prometheus/page.ts'
import { need, otelcol } from '../../support/tools.ts'

/*
 * The containers of deploy/ecs and deploy/cloud-run as real processes: the arguments and variables
 * of the files, with other ports and another application.
 */

interface Variable {
  readonly name: string
  readonly value: string
}

const folder = join(import.meta.dirname, '../../../deploy')
const scratch = scratchDirectory()

describe('The container for ECS', () => {
  const file = readFileSync(join(folder, 'ecs/task-definition.json'), 'utf8')
  const [container] = (JSON.parse(file) as { containerDefinitions: readonly TaskContainer[] })
    .containerDefinitions

  test('shows its page, and ends with code 0 at SIGTERM', async () => {
    assert.ok(container)
    await withMaster(
      { options: optionsOf(container.command), env: variablesOf(container.environment) },
      async (master) => {
        await master.serving(2)
        await load({ port: master.port, paths: ['/'], count: 50, connections: 4 })
        const page = await master.page()
        assert.equal(sum(page, 'gunicorn_master_workers', { state: 'configured' }), 2)
        assert.equal(
          page.find(({ name }) => name === 'target_info')?.labels['service_name'],
          'shop',
        )
        master.signal('SIGTERM')
        assert.deepEqual(await master.ended, { code: 0, signal: null })
      },
    )
  })
})

interface TaskContainer {
  readonly command: readonly string[]
  readonly environment: readonly Variable[]
}

describe('The container for Cloud Run', () => {
  const file = parse(readFileSync(join(folder, 'cloud-run/service.yaml'), 'utf8')) as Service
  const [container] = file.spec.template.spec.containers

  test('pushes all requests before its end, and has no page', async (context) => {
    const program = need(context, otelcol())
    if (program === undefined || !container) return
    const pushes = join(scratch, 'pushes.jsonl')
    const { config, settings } = toFile(pushes)
    const collector = await startCollector({ otelcol: program, config, settings })
    context.after(collector.stop)
    const env = {
      ...variablesOf(container.env),
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://${collector.endpoints.OTLP_HTTP_ENDPOINT}`,
    }
    let log = ''
    await withMaster({ options: optionsOf(container.args), env }, async (master) => {
      await eventually(() => get(master.port, '/'))
      await load({ port: master.port, paths: ['/'], count: 299, connections: 4 })
      await assert.rejects(master.page(), 'the master has no page')
      master.signal('SIGTERM')
      assert.deepEqual(await master.ended, { code: 0, signal: null })
      log = master.stderr()
    })
    // The Collector writes its file a little later.
    await eventually(async () => {
      const points = (await readPushes(pushes)).at(-1)?.points ?? []
      const requests = points.filter(({ name }) => name === 'gunicorn_worker_requests_total')
      assert.equal(
        requests.reduce((total, { value }) => total + value, 0),
        300,
        log,
      )
    })
  })
})

interface Service {
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly containers: readonly {
          readonly args: readonly string[]
          readonly env: readonly Variable[]
        }[]
      }
    }
  }
}

/** Between `run` and the application. */
function optionsOf(args: readonly string[]): readonly string[] {
  assert.equal(args[0], 'run')
  assert.equal(args.at(-1), 'server.js')
  return args.slice(1, -1)
}

/** Ports of the test win. */
function variablesOf(variables: readonly Variable[]): Record<string, string> {
  const ports = ['PORT', 'PROMETHEUS_METRICS_PORT', 'PROMETHEUS_BIND_ADDRESS']
  const others = variables.filter(({ name }) => !ports.includes(name))
  return Object.fromEntries(others.map(({ name, value }) => [name, value]))
}
