import cluster from 'node:cluster'
import { createServer } from 'node:http'
import { answer } from '../support/answer.mjs'
import { Lateness } from '../support/lateness.mjs'

/*
 * A cluster whose workers have histogram series: scrape-cluster.mjs KIND WORKERS SERIES [kept]. The
 * kind is `otel` (histograms of OTel's API) or `prometheus-client`. `kept`: the series of the
 * client carry the number of the worker. The preload has a setting for this.
 */

const [kind, workerText = '8', seriesText = '2000', kept] = process.argv.slice(2)
const workerCount = Number(workerText)
// The SDK keeps at most 2,000 sets of attributes per instrument.
const seriesEach = Math.min(500, Number(seriesText))
const histograms = Math.ceil(Number(seriesText) / seriesEach)
const bounds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60]
const names = Array.from({ length: histograms }, (_, index) => `app_work_${index}_seconds`)

// The client's README asks for this call in the primary and in the workers.
const client = kind === 'prometheus-client' ? await import('@prometheus-io/client') : undefined
const registry = client && new client.default.AggregatorRegistry()

if (cluster.isPrimary) lead()
else work(kind === 'otel' ? await otelRecorders() : clientRecorders())

function lead() {
  const lateness = new Lateness()
  const waiting = new Map()
  let asked = 0
  let up = 0
  let allUp
  cluster.on('message', (_worker, message) => {
    if (message.bench === 'up') {
      up += 1
      if (up === workerCount) allUp()
    }
    if (message.bench === undefined) return
    waiting.get(message.bench)?.(message.reply)
    waiting.delete(message.bench)
  })
  const askAll = (question, argument) =>
    Promise.all(workers().map((worker) => ask(worker, question, argument)))

  function ask(worker, question, argument) {
    return new Promise((resolve) => {
      asked += 1
      waiting.set(asked, resolve)
      worker.send({ bench: asked, question, argument })
    })
  }

  answer({
    async ready() {
      await new Promise((resolve) => {
        allUp = resolve
        for (let count = 0; count < workerCount; count += 1) cluster.fork(process.env)
      })
      await askAll('record')
      return client ? await servePage() : undefined
    },
    workersCpu: async () => (await askAll('cpu')).reduce((sum, cpu) => sum + cpu, 0),
    workersRss: async () => (await askAll('rss')).reduce((sum, rss) => sum + rss, 0),
    /** All series get one value. */
    record: () => askAll('record'),
    /** From now on, all series get one value per second. */
    change: () => askAll('change'),
    rest: () => askAll('rest'),
    // All workers share one port. The reply is that port.
    serve: async (argument) => (await askAll('serve', argument))[0],
    beginLateness: () => lateness.begin(),
    endLateness: () => lateness.end(),
  })
}

function workers() {
  return Object.values(cluster.workers)
}

function servePage() {
  const server = createServer(async (_request, response) => {
    try {
      const page = await registry.clusterMetrics()
      response.setHeader('Content-Type', registry.contentType)
      response.end(page)
    } catch (error) {
      response.statusCode = 500
      response.end(String(error))
    }
  })
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(server.address().port))
  })
}

/** @param recorders one function per series, each records one value. */
function work(recorders) {
  let timer
  const record = () => {
    for (const recordOne of recorders) recordOne(Math.random() ** 4 * 10)
  }
  const answers = {
    record,
    serve: ({ workMs }) => serveRequests(workMs),
    change: () => {
      timer = setInterval(record, 1_000)
    },
    rest: () => clearInterval(timer),
    rss: () => process.memoryUsage.rss(),
    cpu: () => {
      const { user, system } = process.cpuUsage()
      return user + system
    },
  }
  process.on('message', async ({ bench, question, argument }) => {
    if (bench !== undefined) process.send({ bench, reply: await answers[question](argument) })
  })
  process.send({ bench: 'up' })
}

/** Answers 'hello' after some work. @returns the port, which all workers share. */
function serveRequests(workMs) {
  const server = createServer((_request, response) => {
    const end = performance.now() + workMs
    while (performance.now() < end);
    response.end('hello')
  })
  return new Promise((resolve) => {
    server.listen({ port: 0, host: '127.0.0.1' }, () => resolve(server.address().port))
  })
}

async function otelRecorders() {
  const { metrics } = await import('@opentelemetry/api')
  const meter = metrics.getMeter('app')
  return names.flatMap((name) => {
    const histogram = meter.createHistogram(name, {
      description: 'Work.',
      advice: { explicitBucketBoundaries: bounds },
    })
    return labelSets().map((labels) => (value) => histogram.record(value, labels))
  })
}

function clientRecorders() {
  const { Histogram, register } = client.default
  if (kept) register.setDefaultLabels({ worker_id: `worker_${cluster.worker.id}` })
  return names.flatMap((name) => {
    const labelNames = ['method', 'route', 'status']
    const histogram = new Histogram({ name, help: 'Work.', labelNames, buckets: bounds })
    return labelSets().map((labels) => (value) => histogram.observe(labels, value))
  })
}

function labelSets() {
  return Array.from({ length: seriesEach }, (_, index) => ({
    method: 'GET',
    route: `/resource/${index}`,
    status: '200',
  }))
}
