/** Where the sources of a suite come from. */
type Origin =
  | { readonly registry: 'npm' }
  | { readonly registry: 'Debian'; readonly source: string; readonly release: string }

/** What runs one test file: a package's program, or Node.js itself. */
type Runner = 'mocha' | 'jstest' | 'node --test' | 'node'

export interface Suite {
  readonly name: string
  readonly version: string
  readonly origin: Origin
  readonly runner: Runner
  /** Test files, below the root of the package. */
  readonly files: RegExp
  /** Arguments of the runner. */
  readonly flags?: readonly string[]
  /** The files use fixed ports. */
  readonly isSequential?: boolean
}

type Details = Omit<Suite, 'name' | 'version' | 'origin'>

const inTest = /^test\/[^/]+\.js$/
const dotTest = /^test\/(?:.*\/)?[^/]+\.test\.js$/
const mocha: Details = { runner: 'mocha', files: inTest }
const mochaWithSetup: Details = { ...mocha, flags: ['--require', './test/support/env'] }
const nodeTest: Details = { runner: 'node --test', files: dotTest }

/** Packages whose sources in Debian or in npm hold their tests. */
export const suites: readonly Suite[] = [
  debian('body-parser', '1.20.1', { ...mochaWithSetup, release: 'bookworm' }),
  debian('compression', '1.7.4', mocha),
  debian('connect', '3.7.0', mochaWithSetup),
  debian('cors', '2.8.5', mochaWithSetup),
  debian('errorhandler', '1.5.1', mocha),
  debian('eventsource', '2.0.2', mocha),
  debian('express', '4.18.2', {
    ...{ ...mochaWithSetup, release: 'bookworm' },
    files: /^test\/(?:acceptance\/)?[^/]+\.js$/,
  }),
  debian('faye-websocket', '0.11.4', { runner: 'jstest', files: /^spec\/runner\.js$/ }),
  debian('finalhandler', '1.2.0', mocha),
  debian('http-proxy', '1.18.1', { ...mocha, files: /-test\.js$/, isSequential: true }),
  debian('morgan', '1.10.0', mocha),
  debian('multiparty', '4.2.3', mocha),
  debian('nock', '13.5.4', { ...mocha, files: /^tests\/(?:.*\/)?test_[^/]+\.js$/ }),
  debian('on-finished', '2.4.1', mocha),
  debian('raw-body', '2.5.1', mocha),
  debian('websocket', '1.0.35', { runner: 'node', files: /^test\/unit\/[^/]+\.js$/ }),
  debian('ws', '8.18.1', { ...mocha, files: dotTest }),
  npm('@fastify/compress', '9.2.0', nodeTest),
  npm('@fastify/cors', '11.4.3', nodeTest),
  npm('@fastify/express', '4.0.7', nodeTest),
  npm('@fastify/http-proxy', '11.6.3', { ...nodeTest, files: inTest }),
  npm('@fastify/multipart', '10.1.9', nodeTest),
  npm('@fastify/reply-from', '12.6.5', nodeTest),
  npm('@fastify/static', '10.1.11', nodeTest),
  npm('@fastify/websocket', '11.3.7', nodeTest),
  npm('autocannon', '9.0.0', nodeTest),
  npm('avvio', '9.3.1', nodeTest),
  npm('fastify', '5.12.8', nodeTest),
  npm('find-my-way', '9.10.2', nodeTest),
  npm('light-my-request', '6.8.1', nodeTest),
]

/** Node's own tests. The sources of Node.js are the source package `nodejs` of Debian. */
export const nodeSuites: readonly { readonly version: string; readonly release: string }[] = [
  { version: '20', release: 'trixie' },
  { version: '24', release: 'forky' },
]

function debian(
  name: string,
  version: string,
  { release = 'trixie', ...details }: Details & { readonly release?: string },
): Suite {
  const origin = { registry: 'Debian', source: `node-${name}`, release } as const
  return { name, version, origin, ...details }
}

function npm(name: string, version: string, details: Details): Suite {
  return { name, version, origin: { registry: 'npm' }, ...details }
}
