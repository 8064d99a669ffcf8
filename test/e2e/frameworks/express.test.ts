import { frameworkMatrix } from '../../support/frameworks/framework-matrix.ts'
import type { FrameworkRow } from '../../support/frameworks/framework-row.ts'

const at = (route: string) => ({ status: 200, route })

/** `router` 2.0 keeps a function of a mount at a regular expression, not the expression. */
const patterns = (rx: string, array: string) => [
  { title: 'mounted at a regular expression', path: '/rx12/t/1', ...at(`${rx}/t/:t`) },
  { title: 'mounted at an expression of several', path: '/arr2/t/1', ...at(`${array}/t/:t`) },
]

const requests: FrameworkRow['requests'] = [
  { title: 'plain', path: '/plain', status: 200, route: '/plain' },
  { title: 'parameter', path: '/users/7?x=1', status: 200, route: '/users/:id' },
  { title: 'HEAD', method: 'HEAD', path: '/users/7', status: 200, route: '/users/:id' },
  {
    title: 'nested',
    path: '/users/7/posts/x',
    status: 200,
    route: '/users/:id/posts/:post',
  },
  { title: 'mounted', path: '/orgs/acme/items/a', status: 200, route: '/orgs/:org/items/:item' },
  {
    title: 'mounted for another tenant',
    path: '/orgs/caf%C3%A9/items/b',
    status: 200,
    route: '/orgs/:org/items/:item',
  },
  {
    title: 'mounted twice, with a value that is equal to a part of the template',
    path: '/api/users/users/items/users',
    status: 200,
    route: '/api/users/:userId/items/:item',
  },
  {
    title: 'sub-application',
    path: '/shops/acme/items/a',
    status: 200,
    route: '/shops/:shop/items/:item',
  },
  {
    title: 'sub-application for another tenant',
    path: '/shops/globex/items/items',
    status: 200,
    route: '/shops/:shop/items/:item',
  },
  {
    title: 'mounted without the parameters of the mount',
    path: '/owners/7/things',
    status: 200,
    route: '/owners/:owner/things',
  },
  { title: 'a path of a middleware', path: '/assets/app.js', ...at('/assets/app.js') },
  { title: 'answered by a middleware', path: '/proxy/acme/x/y', ...at('/proxy/:p/*') },
  { title: 'answered by a middleware at its mount', path: '/proxy/acme', ...at('/proxy/:p') },
  {
    title: 'thrown in a middleware below two mounts',
    path: '/o/acme/d/1/mw',
    status: 500,
    route: '/o/:o/d/:d/mw',
    error: 'PaymentError',
  },
  {
    title: 'mounted behind a function',
    path: '/behind/acme/things/1',
    ...at('/behind/:tenant/things/:thing'),
  },
  { title: 'mounted at a part of a segment', path: '/@joe/t/1', ...at('/@:user/t/:t') },
  { title: 'mounted at a part for another tenant', path: '/@ann/t/1', ...at('/@:user/t/:t') },
  { title: 'mounted behind a dot', path: '/f.jpg/t/1', ...at('/f.:ext/t/:t') },
  { title: 'mounted at two parts', path: '/k/x.y/t/1', ...at('/k/:a.:b/t/:t') },
  { title: 'mounted at one of several', path: '/arr/t/1', ...at('/arr/t/:t') },
  { title: 'prefixed', path: '/v1/status', status: 200, route: '/v1/status' },
  { title: 'other prefix', path: '/v2/status', status: 200, route: '/v2/status' },
  { title: 'nested routers', path: '/v1/deep/one', status: 503, route: '/v1/deep/one' },
  { title: 'one of several', path: '/v2/deep/two/7', status: 503, route: '/v2/deep/two/:id' },
  { title: 'first of an array', path: '/a', status: 503, route: '/a' },
  { title: 'second of an array', path: '/b/2', status: 503, route: '/b/:id' },
  {
    title: 'regular expression',
    path: '/files/12',
    status: 200,
    route: '/^\\/files\\/(\\d+)$/',
  },
  { title: 'left for the next route', path: '/skipped/7', status: 200, route: '/skipped/:name' },
  {
    title: 'body',
    method: 'POST',
    path: '/echo',
    body: '{"a":"é"}',
    status: 200,
    route: '/echo',
  },
  { title: 'catch-all', path: '/page/1', status: 200, route: '/page/:id' },
  { title: 'not found', path: '/gone/1', status: 404, route: '_UNMATCHED' },
  { title: 'method not found', method: 'PUT', path: '/plain', status: 404, route: '_UNMATCHED' },
  {
    title: 'thrown',
    path: '/throw',
    status: 500,
    route: '/throw',
    error: 'BoomError',
    bundledError: 'Error',
  },
  { title: 'rejected', path: '/reject', status: 500, route: '/reject', error: 'RejectedError' },
  {
    title: 'HTTP exception',
    path: '/http-error',
    status: 409,
    route: '/http-error',
    error: 'ConflictError',
  },
  {
    title: 'validation error',
    method: 'POST',
    path: '/validate',
    body: '{',
    status: 400,
    route: '/validate',
    error: 'SyntaxError',
  },
  {
    title: 'thrown with an error handler',
    path: '/handled/throw/7',
    status: 502,
    route: '/handled/throw/:id',
    error: 'BoomError',
    bundledError: 'Error',
  },
  {
    title: 'thrown below a mount with an error handler',
    path: '/handled/orgs/acme/broken',
    status: 502,
    route: '/handled/orgs/:org/broken',
    error: 'PaymentError',
  },
  {
    title: 'thrown below a mount',
    path: '/orgs/acme/broken',
    status: 500,
    route: '/orgs/:org/broken',
    error: 'PaymentError',
  },
  {
    title: 'rejected below a mount',
    path: '/orgs/acme/late',
    status: 500,
    route: '/orgs/:org/late',
    error: 'PaymentError',
  },
  {
    title: 'thrown in a sub-application',
    path: '/shops/acme/broken',
    status: 500,
    route: '/shops/:shop/broken',
    error: 'TypeError',
  },
  {
    title: 'error of a middleware',
    path: '/guarded',
    status: 500,
    route: '/guarded',
    error: 'RangeError',
  },
]

const row: FrameworkRow = {
  framework: 'Express',
  app: 'frameworks/express.cjs',
  versions: [
    { packages: { express: '4.17.0' } },
    { packages: { express: '4.22.3' } },
    {
      packages: { express: '5.0.0', router: '2.0.0' },
      requests: [...requests, ...patterns('/rx*', '/arr*')],
    },
    { packages: { express: '5.3.0' } },
  ],
  forms: ['cjs', 'esm', 'ts', 'tsx', 'bundle', 'bundle-esm'],
  requests: [...requests, ...patterns('/^\\/rx\\d+/i', '/^\\/arr\\d/i')],
}

frameworkMatrix(row)

frameworkMatrix({
  ...row,
  framework: 'Express behind another listener',
  versions: row.versions.filter(({ packages }) => packages['router'] === undefined),
  forms: ['bundle'],
  env: { HIDDEN: '1' },
})

frameworkMatrix({
  ...row,
  framework: 'Express with routers only',
  versions: row.versions.slice(-1),
  forms: ['bundle'],
  env: { NESTED: '1' },
})
