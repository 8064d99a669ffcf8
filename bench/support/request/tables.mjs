import { preloadFlags } from '../preload.mjs'

/*
 * The tables of request.mjs. Each table has subjects under one load. The first two subjects are
 * equal: bare servers. Their difference is the noise of the table, and all other figures are
 * multiples of their mean.
 */

/**
 * @typedef {object} Subject
 * @property {string} label
 * @property {string} file the program, in `bench`
 * @property {string[]} args
 * @property {string[]} [flags] of Node
 * @property {Record<string, string>} [env]
 * @property {'page' | 'subject'} [counts] which side tells the number of counted requests
 * @property {'own' | 'peer'} [side] whether the subject has a target, or is compared with
 */

/**
 * @typedef {object} Table
 * @property {string} title
 * @property {'keep-alive' | 'fresh' | 'http2'} kind of the connections
 * @property {Record<number, number>} bursts requests in a burst, by number of connections
 * @property {string[]} paths
 * @property {Subject[]} subjects
 */

/** The settings of the metrics by route that are off by default. */
const everything = {
  GUNICORN_HTTP_BODY_SIZES: 'true',
  GUNICORN_HTTP_EXCLUDE: '/healthz,/assets/**',
  GUNICORN_HTTP_EXCLUDE_METHODS: 'OPTIONS',
  GUNICORN_HTTP_PATH_RULES: '/shops/*/items/** => /shops/:shop/items',
  GUNICORN_HTTP_LONG_POLLS: '/socket.io/**',
}

/** About 0.1 s each. */
const helloBursts = { 1: 1_200, 8: 3_000, 32: 4_000 }

const makers = { worker, single, fresh, work, http2, express: web, fastify: web, otel }

export const tableNames = Object.keys(makers)

/** Few programs use the options of this table. */
export const usualTables = tableNames.filter((name) => name !== 'otel')

/**
 * @param {string} name
 * @param {{ peers: string, against: string | undefined }} places `peers`: a directory with the
 *   packages of others; `against`: another checkout
 * @returns {Table}
 */
export function tableOf(name, places) {
  return makers[name](places, name)
}

function worker(places) {
  return {
    title: 'A cluster worker that answers `hello`',
    kind: 'keep-alive',
    bursts: helloBursts,
    subjects: [
      ...bares(places, inWorker),
      ...owns(places, inWorker),
      preloaded(inWorker(places, 'the preload, `GUNICORN_CRASH_MEMORY=false`: the file'), {
        env: { GUNICORN_CRASH_MEMORY: 'false' },
      }),
      preloaded(inWorker(places, 'the preload without counts for a sudden end'), {
        env: { PROMETHEUS_MULTIPROC_DIR: 'off' },
      }),
      preloaded(inWorker(places, 'the preload, `GUNICORN_CRASH_FILES=response`'), {
        env: { GUNICORN_CRASH_FILES: 'response' },
      }),
      client(places, inWorker),
    ],
  }
}

function single(places) {
  return {
    title: 'A single process that answers `hello`',
    kind: 'keep-alive',
    bursts: helloBursts,
    subjects: [
      ...bares(places, inProcess),
      inProcess(places, 'two idle channel subscribers: what Node charges', {
        observer: 'channels',
        counts: 'subject',
      }),
      ...owns(places, inProcess),
      inProcess(places, '`GunicornInstrumentation` in your own SDK', {
        observer: 'instrumentation',
        counts: 'subject',
      }),
      client(places, inProcess),
      instrumentationHttp(places, inProcess),
    ],
  }
}

function fresh(places) {
  return {
    title: 'A cluster worker with a new connection for each request',
    kind: 'fresh',
    bursts: { 8: 600 },
    subjects: [...bares(places, inWorker), ...owns(places, inWorker), client(places, inWorker)],
  }
}

/** JSON, a template, and 1 ms of waiting. */
function work(places) {
  const server = { server: 'work' }
  return {
    title: 'A cluster worker with real work: JSON, a wait of 1 ms, a template',
    kind: 'keep-alive',
    bursts: { 8: 500, 32: 1_000 },
    subjects: [
      ...bares(places, inWorker, server),
      ...owns(places, inWorker, server),
      client(places, inWorker, server),
      instrumentationHttp(places, inWorker, server),
    ],
  }
}

function http2(places) {
  const server = { server: 'http2' }
  return {
    title: 'A cluster worker that answers `hello` over HTTP/2',
    kind: 'http2',
    bursts: { 32: 1_500 },
    subjects: [...bares(places, inWorker, server), ...owns(places, inWorker, server)],
  }
}

function otel(places) {
  const withOption = (name) =>
    preloaded(inProcess(places, `preload with its ${name}`), {
      env: { GUNICORN_INSTRUMENTATIONS: name },
    })
  return {
    title: 'A single process, with instrumentations of OpenTelemetry in the preload',
    kind: 'keep-alive',
    bursts: { 32: 4_000 },
    subjects: [...bares(places, inProcess), withOption('http'), withOption('runtime-node')],
  }
}

/** An application with one parameterised route. */
function web(places, framework) {
  const peer = { express: 'express-prom-bundle', fastify: 'fastify-metrics' }[framework]
  const app = (_places, label, { observer = 'none', ...more } = {}) => ({
    label,
    file: 'subjects/web-server.mjs',
    args: [framework, observer, places.peers],
    ...more,
  })
  return {
    title: `A single process with ${{ express: 'Express', fastify: 'Fastify' }[framework]}`,
    kind: 'keep-alive',
    bursts: { 32: 3_000 },
    paths: ['/users/42'],
    subjects: [
      ...bares(places, app),
      ...owns(places, app),
      app(places, `\`${peer}\``, { observer: peer, counts: 'subject', side: 'peer' }),
      instrumentationHttp(places, app),
    ],
  }
}

function inProcess({ peers }, label, { observer = 'none', server = 'hello', ...more } = {}) {
  return { label, file: 'subjects/request-server.mjs', args: [observer, server, peers], ...more }
}

function inWorker(places, label, more) {
  const { args, ...subject } = inProcess(places, label, more)
  return { ...subject, file: 'subjects/request-worker.mjs', args: ['request-server.mjs', ...args] }
}

function bares(places, make, more) {
  return [make(places, 'bare', more), make(places, 'bare, again: the noise', more)]
}

/** The preload, and the same with the build of `--against`. */
function owns(places, make, more) {
  const own = (label, checkout) => ({
    ...preloaded(make(places, label, more), { env: everything, checkout }),
    side: 'own',
  })
  const other = { ...own('the preload of `--against`', places.against), side: undefined }
  return [own('**the preload, everything on**'), ...(places.against ? [other] : [])]
}

function client(places, make, more) {
  const label = '`@prometheus-io/client`, four metrics without a route'
  return make(places, label, {
    ...more,
    observer: 'prometheus-client',
    counts: 'subject',
    side: 'peer',
  })
}

function instrumentationHttp(places, make, more) {
  const label = '`@opentelemetry/instrumentation-http`'
  return make(places, label, {
    ...more,
    observer: 'instrumentation-http',
    counts: 'subject',
    side: 'peer',
  })
}

function preloaded(subject, { env = {}, checkout } = {}) {
  return {
    ...subject,
    flags: preloadFlags(checkout),
    env: { ...everything, ...env },
    counts: 'page',
  }
}
