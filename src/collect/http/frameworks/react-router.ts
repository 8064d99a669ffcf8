import { isObjectLike } from '../../../support/guards.ts'
import { callText } from './hooks/changed-sources.ts'
import type { Framework, SourceChange } from './hooks/framework.ts'
import { countRouteFault, storeError, storeRoute } from './hooks/request-slot.ts'

/*
 * The servers of React Router 7 and 8 and of Remix 2, on Express: `createRequestHandler` and the
 * commands `react-router-serve` and `remix-serve`.
 *
 * Express sees one catch-all. The matching is in closures, so the changed sources hand over the
 * matches and each error. React Router's package for Express makes the web request from the request
 * of Node. Bundlers name the files of React Router 7, so each file of the folder is searched. The
 * last module to run checks that the changes found their places.
 */

interface Match {
  readonly route?: { readonly path?: unknown }
}

interface Matched {
  readonly template: string
}

export const reactRouter: Framework = {
  name: 'react-router',
  templateOf: (pointer) => (pointer as Matched).template,
  sources: [
    ...adapter('@react-router/express', ['dist/index.js', 'dist/index.mjs']),
    ...adapter('@remix-run/express', ['dist/server.js']),
    ...router('@react-router/node', [
      'react-router/dist/production/',
      'react-router/dist/development/',
      'react-router/dist/production/lib/server-runtime/server.js',
      'react-router/dist/development/lib/server-runtime/server.js',
    ]),
    ...router('@remix-run/node', ['@remix-run/server-runtime/dist/server.js']),
  ],
  onCall: (kind, request, value) => {
    if (kind === 'loaded') checkPlaces()
    else if (!isObjectLike(request)) throw new TypeError('the request is no object')
    else if (kind === 'request') requests.set(request, value)
    else if (kind === 'error') storeThrown(requests.get(request), value)
    else storeMatches(requests.get(request), value)
  },
}

/** The requests of Node, by web requests. */
const requests = new WeakMap<object, unknown>()
const found = { matches: false, errors: false }

function adapter(name: string, files: readonly string[]): SourceChange[] {
  const made = /return (new (?:\w+\.)?Request\(url\.href, init\));/
  const call = callText('react-router', "'request', request, req")
  return files.map((file) => ({
    package: name,
    file: `${name}/${file}`,
    change: (source) => {
      if (!made.test(source)) return source
      const changed = source.replace(made, `{ const request = $1; ${call}; return request; }`)
      return `${changed}\n;${callText('react-router', "'loaded'")};\n`
    },
  }))
}

/** The matches of a page, and in older versions the matches of its data. */
const matching = new RegExp(
  'let (matches|singleFetchMatches) = (?:\\w+\\.)?matchServerRoutes' +
    '\\([^;]*?(?:[uU]rl\\.pathname|normalizedPath\\w*)[^;]*?\\);',
  'g',
)
const failing = 'errorHandler(error, {'

function router(name: string, files: readonly string[]): SourceChange[] {
  const base = "(typeof _build === 'undefined' ? build : _build).basename"
  const matched = callText('react-router', `'matches', request, [$1, ${base}]`)
  const failed = callText('react-router', "'error', request, error")
  const change = (source: string): string => {
    if (!source.includes('matchServerRoutes(')) return source
    found.matches ||= source.search(matching) >= 0
    found.errors ||= source.includes(failing)
    return source
      .replace(matching, `$& ${matched};`)
      .replace(failing, `(${failed}, errorHandler)(error, {`)
  }
  return files.map((file) => ({ package: name, file, change }))
}

function checkPlaces(): void {
  if (!found.matches || !found.errors) countRouteFault()
}

/** The templates by their last route: a route has one parent. */
const templates = new WeakMap<object, Matched>()

function storeMatches(request: unknown, value: unknown): void {
  const [matches, basename] = value as readonly [readonly Match[] | null, unknown]
  const leaf = matches?.at(-1)?.route
  if (matches === null || !isObjectLike(leaf)) return
  const matched = templates.get(leaf) ?? { template: templateOf(matches, basename) }
  templates.set(leaf, matched)
  storeRoute(request, reactRouter, matched)
}

/** Layouts and index routes have no path. */
function templateOf(matches: readonly Match[], basename: unknown): string {
  const parts = [basename, ...matches.map(({ route }) => route?.path)]
  const texts = parts.filter((part) => typeof part === 'string' && part !== '' && part !== '/')
  return `/${texts.join('/')}`
}

/**
 * Responses that a route throws, and refusals of the router such as 404, are no errors of the
 * application.
 */
function storeThrown(request: unknown, error: unknown): void {
  const isRefusal = isObjectLike(error) && 'status' in error && 'internal' in error
  if (!isRefusal) storeError(request, error)
}
