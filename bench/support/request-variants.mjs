import { installedPackages } from './packages.mjs'
import { preloadFlags } from './preload.mjs'

/*
 * The subjects of request.mjs. The first variant of a group is the bare server, and each figure of
 * the group is a multiple of the bare server's figure in the same round.
 */

/**
 * @typedef {object} Variant
 * @property {string} name
 * @property {string} label
 * @property {string} file the program, in `bench`
 * @property {string[]} args
 * @property {string} path of the requests
 * @property {string[]} [flags] of Node
 * @property {Record<string, string>} [env]
 * @property {'page' | 'subject'} [counts] which side tells the number of counted requests
 */

/** Versions of the packages that the subjects need and this repository does not have. */
const subjectPackages = {
  'express-prom-bundle': '8.0.0',
  'prom-client': '15.1.3',
  fastify: '5.12.8',
  'fastify-metrics': '13.2.1',
}

/** The settings of the metrics by route that are off by default. */
const everything = {
  GUNICORN_HTTP_BODY_SIZES: 'true',
  GUNICORN_HTTP_EXCLUDE: '/healthz,/assets/**',
  GUNICORN_HTTP_EXCLUDE_METHODS: 'OPTIONS',
  GUNICORN_HTTP_PATH_RULES: '/shops/*/items/** => /shops/:shop/items',
  GUNICORN_HTTP_LONG_POLLS: '/socket.io/**',
}

const makers = { node, worker, otel, express: web('express'), fastify: web('fastify') }

export const groupNames = Object.keys(makers)

/**
 * @param {readonly string[]} groups
 * @param {string | undefined} against directory of another checkout
 * @returns {Map<string, Variant[]>}
 */
export function variantsOf(groups, against) {
  return new Map(groups.map((group) => [group, makers[group](against)]))
}

function node(against) {
  return [
    plain('bare', 'bare'),
    plain('channels', 'two idle channel subscribers', { counts: 'subject' }),
    preloaded(plain('preload', 'preload')),
    ...inAgainst(plain('preload', 'preload'), against),
    preloaded(plain('preload', 'preload, everything on'), everything),
    plain('instrumentation', 'GunicornInstrumentation', { counts: 'subject' }),
    plain('prometheus-client', '@prometheus-io/client', { counts: 'subject' }),
    plain('instrumentation-http', '@opentelemetry/instrumentation-http', { counts: 'subject' }),
  ].map(named('node'))
}

function worker(against) {
  const inWorker = (label) => ({ ...plain('bare', label), file: 'subjects/request-worker.mjs' })
  return [
    inWorker('bare'),
    preloaded(inWorker('preload')),
    ...inAgainst(inWorker('preload'), against),
    preloaded(inWorker('preload, everything on'), everything),
    preloaded(inWorker('preload, counts written before each answer'), {
      GUNICORN_CRASH_FILES: 'response',
    }),
  ].map(named('worker'))
}

/** Without the group `node`, because few programs use these options. */
function otel() {
  const withOption = (instrumentation) =>
    preloaded(plain('preload', `preload with its ${instrumentation}`), {
      GUNICORN_INSTRUMENTATIONS: instrumentation,
    })
  return [plain('bare', 'bare'), withOption('http'), withOption('runtime-node')].map(named('otel'))
}

/** An application with one parameterised route. */
function web(framework) {
  const rival = { express: 'express-prom-bundle', fastify: 'fastify-metrics' }[framework]
  const app = (observer, label, more) => ({
    label,
    file: 'subjects/web-server.mjs',
    args: [framework, observer, installedPackages(subjectPackages)],
    path: '/users/42',
    ...more,
  })
  const http = '@opentelemetry/instrumentation-http'
  return (against) =>
    [
      app('none', 'bare'),
      preloaded(app('none', 'preload, everything on'), everything),
      ...inAgainst(app('none', 'preload, everything on'), against, everything),
      app('instrumentation-http', http, { counts: 'subject' }),
      app(rival, `${rival} ${subjectPackages[rival]}`, { counts: 'subject' }),
    ].map(named(framework))
}

function plain(observer, label, more) {
  return { label, file: 'subjects/request-server.mjs', args: [observer], path: '/', ...more }
}

function preloaded(variant, env = {}) {
  return { ...variant, flags: preloadFlags(), env, counts: 'page' }
}

/** The same variant with the build of `--against`. Empty without that option. */
function inAgainst(variant, against, env = {}) {
  if (against === undefined) return []
  const label = `${variant.label}, of --against`
  return [{ ...preloaded(variant, env), label, flags: preloadFlags(against) }]
}

function named(group) {
  return (variant) => ({ ...variant, name: `${group}: ${variant.label}` })
}
