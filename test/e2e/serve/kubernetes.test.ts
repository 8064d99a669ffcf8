import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import seed from '../../fixtures/seeds/kubernetes-sidecar.json' with { type: 'json' }
import {
  endGroup,
  eventually,
  fetchText,
  fixtures,
  nodeUnderTest,
  preloadFlags,
  startProgram,
} from '../../support/programs/app.ts'
import { load } from '../../support/programs/load.ts'
import { command } from '../../support/programs/master.ts'
import { failureInPod, isInPod, pods } from '../../support/programs/pod.ts'
import { faultsOf } from '../../support/prometheus/exposition.ts'
import { parsePage, type Sample, select, sum } from '../../support/prometheus/page.ts'
import { countsOf } from '../../support/redis/sharing.ts'
import { need } from '../../support/tools.ts'

/*
 * The pod of the Python package's manifest: two containers with its environment, verbatim. Each
 * container is a process tree of its own. Both share the network and the volume.
 */

const url = 'http://127.0.0.1:9091'
const cluster = `${fixtures}/apps/cluster/cluster.cjs`

type Program = ReturnType<typeof startProgram>
type Env = Readonly<Record<string, string>>

if (isInPod) insidePod()
else {
  test('The environment of the Python package’s sidecar works as it stands', (context) => {
    if (need(context, pods()) === undefined) return
    assert.equal(failureInPod(import.meta.filename), undefined)
  })
}

function insidePod(): void {
  describe('In the pod of the manifest', () => {
    for (const first of ['app', 'sidecar'] as const) {
      test(`one page shows the application when the ${first} starts first`, async (context) => {
        const app = (): Promise<Started> => startCluster(context)
        const started = first === 'app' ? await app() : undefined
        if (started) await eventually(() => page())
        const sidecar = startSidecar(context)
        const { program, port } = started ?? (await app())
        await load({ port, paths: ['/'], count: 200, connections: 4 })
        await showsSidecar(200)
        assert.match(program.stderr(), /sidecar/)
        assert.doesNotMatch(program.stderr() + sidecar.stderr(), /EADDRINUSE/)
        await endsWithoutLoss(program)
        endGroup(sidecar.child)
      })
    }

    test('the command run with GUNICORN_WORKERS is on the page of the sidecar', async (context) => {
      startSidecar(context)
      const argv = [nodeUnderTest, command, 'run', `${fixtures}/apps/run/served.cjs`]
      const app = started(context, argv, { ...seed.app, PORT: '8200' })
      await eventually(() => assert.equal(app.stdout().match(/^ready 8200$/gm)?.length, 4))
      await load({ port: 8_200, paths: ['/'], count: 50, connections: 2 })
      await showsSidecar(50)
      assert.doesNotMatch(app.stderr(), /EADDRINUSE/)
    })

    test('SIDECAR_MODE in both containers gives the same page', async (context) => {
      const mode = { SIDECAR_MODE: 'true' }
      // Without a command: an image with the package as its entry point.
      started(context, [nodeUnderTest, command], { ...seed.sidecar, ...mode })
      const { port, program } = await startCluster(context, mode)
      await load({ port, paths: ['/'], count: 30, connections: 2 })
      await showsSidecar(30)
      assert.doesNotMatch(program.stderr(), /EADDRINUSE/)
    })

    test('the application has its page again when the sidecar ends', async (context) => {
      const sidecar = startSidecar(context)
      const { port } = await startCluster(context)
      await load({ port, paths: ['/'], count: 20, connections: 2 })
      await showsSidecar(20)
      sidecar.child.kill('SIGTERM')
      await sidecar.ended
      await eventually(async () => {
        const samples = await page()
        assert.equal(sum(samples, 'gunicorn_worker_requests_total'), 20)
        assert.deepEqual(select(samples, 'gunicorn_sidecar_uptime_seconds'), [])
      })
      startSidecar(context)
      await showsSidecar(20)
    })

    test('a killed sidecar gives the port back, and a next one gets it', async (context) => {
      const sidecar = startSidecar(context)
      const { port } = await startCluster(context)
      await load({ port, paths: ['/'], count: 20, connections: 2 })
      await showsSidecar(20)
      sidecar.child.kill('SIGKILL')
      await sidecar.ended
      await eventually(async () => {
        assert.deepEqual(select(await page(), 'gunicorn_sidecar_uptime_seconds'), [])
      }, 30_000)
      startSidecar(context)
      await showsSidecar(20)
    })

    test('an application with another port keeps its page beside the sidecar', async (context) => {
      startSidecar(context)
      const { port } = await startCluster(context, { PROMETHEUS_METRICS_PORT: '9092' })
      await load({ port, paths: ['/'], count: 10, connections: 2 })
      await showsSidecar(10)
      const own = parsePage(await fetchText('http://127.0.0.1:9092/metrics'))
      assert.equal(sum(own, 'gunicorn_worker_requests_total'), 10)
    })
  })
}

interface Started {
  readonly program: Program
  readonly port: number
}

async function startCluster(context: TestContext, env: Env = {}): Promise<Started> {
  const argv = [nodeUnderTest, ...preloadFlags('require'), cluster]
  const program = started(context, argv, { WORKERS: '4', ...seed.app, ...env })
  const port = await eventually(() => {
    const text = /^ready (\d+)$/m.exec(program.stdout())?.[1]
    assert.ok(text, program.stderr())
    return Number(text)
  })
  return { program, port }
}

function startSidecar(context: TestContext, env: Env = {}): Program {
  return started(context, [nodeUnderTest, command, 'serve'], { ...seed.sidecar, ...env })
}

function started(context: TestContext, argv: readonly string[], env: Env): Program {
  const program = startProgram(argv, env)
  context.after(async () => {
    endGroup(program.child)
    await program.ended
  })
  return program
}

async function page(): Promise<Sample[]> {
  return parsePage(await fetchText(`${url}/metrics`))
}

/** The page of the sidecar counts these requests, of one live application. */
async function showsSidecar(requests: number): Promise<void> {
  await eventually(async () => {
    const text = await fetchText(`${url}/metrics`)
    const samples = parsePage(text)
    assert.ok(sum(samples, 'gunicorn_sidecar_uptime_seconds') > 0)
    assert.equal(sum(samples, 'gunicorn_sidecar_instances', { state: 'live' }), 1)
    assert.ok(countsOf(samples).includes(requests), `${countsOf(samples)}`)
    assert.ok(sum(samples, 'gunicorn_sidecar_multiproc_files_count') >= 1)
    assert.ok(sum(samples, 'gunicorn_sidecar_multiproc_dir_size_bytes') > 100)
    assert.deepEqual(faultsOf(text, 'prometheus'), [])
  }, 30_000)
}

/** The requests of the last moment are on the page after the end of the application. */
async function endsWithoutLoss({ child, ended }: Program): Promise<void> {
  child.kill('SIGTERM')
  await ended
  await eventually(async () => {
    assert.ok(countsOf(await page()).includes(200))
  })
}
