import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { memoriesOf, requestsInMemory } from '../../support/crash-file/memories-of.ts'
import { withoutAddon } from '../../support/crash-file/without-addon.ts'
import { writtenRequests } from '../../support/crash-file/written-requests.ts'
import { eventually } from '../../support/programs/app.ts'
import { type Master, startMaster } from '../../support/programs/master.ts'
import { PinnedLoad } from '../../support/programs/pinned-load.ts'
import { startServe } from '../../support/programs/serve.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'
import { Counts } from '../../support/prometheus/counts.ts'
import { type Sample, select, sum } from '../../support/prometheus/page.ts'
import { Random } from '../../support/random.ts'
import { sharing, startRedis } from '../../support/redis/redis.ts'

const workers = 4
const kills = 25
/** A reload follows each fifth kill. */
const killsPerReload = 5

/** By path: the labels `http_route`, status and `error_type`, then the failure's `error_type`. */
const paths: Readonly<Record<string, readonly [series: string, failure?: string]>> = {
  '/plain': ['/plain 200 -'],
  '/orgs/acme/items/1': ['/orgs/:org/items/:item 200 -'],
  '/orgs/globex/items/2': ['/orgs/:org/items/:item 200 -'],
  '/users/7/boom': ['/users/:id/boom 500 BoomError', '/users/:id/boom BoomError'],
  '/busy': ['/busy 503 503', '/busy 503'],
  '/gone/7': ['_UNMATCHED 404 -', '_UNMATCHED 404'],
}

/** Where the workers keep their counts, and how the test sees the requests of each worker. */
const places: readonly Place[] = [
  {
    name: 'files',
    setting: 'false',
    counted: ({ directory }) => writtenRequests(directory),
    skip: false,
  },
  {
    name: 'memory',
    setting: 'true',
    counted: ({ master }) => requestsInMemory(master.child.pid),
    skip: withoutAddon,
  },
]

for (const place of places) {
  const { name, skip } = place
  const title = `Sums over routes are the requests sent through kills, with counts in ${name}`
  test(title, { skip }, (context) => sumsThroughKills(context, place))
}

async function sumsThroughKills(context: TestContext, place: Place): Promise<void> {
  const redis = await startRedis(context)
  if (!redis) return
  const directory = await temporaryDirectory(context)
  const env = sharing(redis.port)
  const master = await startMaster({
    file: 'run/routes.cjs',
    options: ['-w', String(workers)],
    env: { ...env, GUNICORN_CRASH_MEMORY: place.setting, PROMETHEUS_MULTIPROC_DIR: directory },
  })
  context.after(() => master.stop())
  await master.serving(workers)
  const load = new PinnedLoad({ port: master.port, paths: Object.keys(paths), connections: 12 })
  context.after(() => load.stop())
  const random = new Random(12)
  for (let killed = 1; killed <= kills; killed += 1) {
    await killOne({ master, load, directory, random, place })
    if (killed % killsPerReload === 0) await reload(master, load)
    if (killed === 12) {
      await redis.kill()
      await redis.start()
    }
  }
  await load.stop()
  assert.deepEqual(load.failures, [])
  const sidecar = await startServe({ env })
  context.after(() => sidecar.stop())
  for (const reader of [master, sidecar]) {
    await eventually(async () => checkPage(await reader.page(), load))
  }
  const files = select(await master.page(), 'gunicorn_exporter_crash_files_total')
  const byResult = files.map(({ labels, value }) => `${labels['result']} ${value}`)
  const ended = kills + workers * (kills / killsPerReload)
  assert.deepEqual(byResult.sort(), ['missing 0', `read ${ended}`, 'refused 0', 'unreadable 0'])
  if (place.name === 'memory')
    await eventually(() => assert.equal(memoriesOf(master.child.pid), workers))
}

interface Place {
  readonly name: 'files' | 'memory'
  /** Of `GUNICORN_CRASH_MEMORY`. */
  readonly setting: string
  readonly counted: (kill: Kill) => ReadonlyMap<number, number>
  readonly skip: string | false
}

interface Kill {
  readonly master: Master
  readonly load: PinnedLoad
  readonly directory: string
  readonly random: Random
  readonly place: Place
}

/** Kills a worker in the moment after its last turn, while the others are under load. */
async function killOne(kill: Kill): Promise<void> {
  const { master, load, random, place } = kill
  const pid = random.pick(await master.serving(workers))
  const before = load.total
  await eventually(() => assert.ok(load.total > before + 20 * workers, load.failures[0]))
  await load.whileResting(pid, async (requests) => {
    await eventually(() => assert.equal(place.counted(kill).get(pid) ?? 0, requests))
    process.kill(pid, 'SIGKILL')
    await eventually(() => assert.ok(!master.workers().includes(pid), 'the worker still lives'))
  })
}

async function reload(master: Master, load: PinnedLoad): Promise<void> {
  const old = new Set(await master.serving(workers))
  master.signal('SIGHUP')
  await eventually(async () => {
    const young = await master.serving(workers)
    assert.ok(
      young.every((pid) => !old.has(pid)),
      load.failures[0],
    )
  })
}

function checkPage(page: readonly Sample[], { completed, total }: PinnedLoad): void {
  assert.equal(sum(page, 'gunicorn_worker_requests_total'), total)
  assert.equal(sum(page, 'http_server_active_requests'), 0)
  const [series, failures, handled] = [new Counts(), new Counts(), new Counts()]
  for (const [path, count] of completed) {
    const [route, failure] = paths[path] ?? assert.fail(path)
    series.add(route, count)
    if (failure !== undefined) failures.add(failure, count)
    if (failure?.endsWith('Error')) handled.add(failure, count)
  }
  const lines = (name: string, labels: readonly string[], only = {}): string[] => {
    const counts = new Counts()
    counts.addSamples(select(page, name, only), labels)
    return counts.lines()
  }
  const routes = ['http_route', 'http_response_status_code', 'error_type']
  const errors = ['endpoint', 'error_type']
  const duration = 'http_server_request_duration_seconds'
  assert.deepEqual(lines(`${duration}_count`, routes), series.lines())
  assert.deepEqual(lines(`${duration}_bucket`, routes, { le: '+Inf' }), series.lines())
  assert.deepEqual(lines('gunicorn_worker_failed_requests_total', errors), failures.lines())
  assert.deepEqual(lines('gunicorn_worker_error_handling_total', errors), handled.lines())
}
