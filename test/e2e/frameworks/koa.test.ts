import { frameworkMatrix } from '../../support/frameworks/framework-matrix.ts'
import type { ExpectedRequest } from '../../support/frameworks/framework-row.ts'

const requests: readonly ExpectedRequest[] = [
  { title: 'plain', path: '/plain', status: 200, route: '/plain' },
  { title: 'parameter', path: '/users/7?x=1', status: 200, route: '/users/:id' },
  { title: 'HEAD', method: 'HEAD', path: '/users/7', status: 200, route: '/users/:id' },
  { title: 'two routes that fit', path: '/users/me', status: 200, route: '/users/me' },
  { title: 'nested', path: '/users/7/posts/x', status: 200, route: '/users/:id/posts/:post' },
  { title: 'all methods', method: 'PUT', path: '/any', status: 200, route: '/any' },
  { title: 'prefixed', path: '/orgs/acme/items/a', status: 200, route: '/orgs/:org/items/:item' },
  {
    title: 'prefixed for another tenant',
    path: '/orgs/caf%C3%A9/items/b',
    status: 200,
    route: '/orgs/:org/items/:item',
  },
  { title: 'nested router', path: '/v1/status', status: 200, route: '/v1/status' },
  {
    title: 'router in a router, with a parameter',
    path: '/v1/shops/acme/items/items',
    status: 200,
    route: '/v1/shops/:shop/items/:item',
  },
  { title: 'mounted', path: '/house/doors/7', status: 200, route: '/house/doors/:door' },
  { title: 'root of a mount', path: '/house', status: 200, route: '/house/' },
  {
    title: 'mounted in a mount',
    path: '/house/floor/doors/floor',
    status: 200,
    route: '/house/floor/doors/:door',
  },
  {
    title: 'behind a middleware',
    path: '/guarded/7?key=good',
    status: 200,
    route: '/guarded/:room',
  },
  {
    title: 'regular expression',
    path: '/files/12',
    status: 200,
    route: '/^\\/files\\/(\\d+)$/',
  },
  { title: 'catch-all', path: '/page/1', status: 200, route: '/page/:id' },
  { title: 'not found', path: '/gone/1', status: 404, route: '_UNMATCHED' },
  { title: 'method not found', method: 'PUT', path: '/plain', status: 405, route: '_UNMATCHED' },
  {
    title: 'thrown',
    path: '/throw',
    status: 500,
    route: '/throw',
    error: 'BoomError',
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
    body: '{}',
    status: 400,
    route: '/validate',
    error: 'ValidationError',
  },
  {
    title: 'thrown below a mount',
    path: '/v1/shops/acme/broken',
    status: 500,
    route: '/v1/shops/:shop/broken',
    error: 'TypeError',
  },
  {
    title: 'error of a middleware in front of the route',
    path: '/guarded/7',
    status: 401,
    route: '/guarded/:room',
    error: 'UnauthorizedError',
  },
  {
    title: 'error that a middleware catches',
    path: '/caught/7',
    status: 503,
    route: '/caught/:id',
  },
]

/** Before version 10, a router does not show which of the fitting routes ran. */
const passed: ExpectedRequest = {
  title: 'left for the next route',
  path: '/skipped/7',
  status: 200,
  route: '/skipped/:name',
}

const mount = { 'koa-mount': '4.2.0' }

frameworkMatrix({
  framework: 'Koa with @koa/router',
  app: 'frameworks/koa.cjs',
  versions: [
    { packages: { koa: '2.0.0', '@koa/router': '8.0.0', ...mount }, requests },
    { packages: { koa: '2.16.4', '@koa/router': '10.0.0', ...mount } },
    { packages: { koa: '3.0.0', '@koa/router': '13.1.1', ...mount } },
    { packages: { koa: '3.3.0', '@koa/router': '15.7.0', ...mount } },
  ],
  forms: ['cjs', 'esm', 'ts', 'tsx'],
  requests: [...requests, passed],
})

frameworkMatrix({
  framework: 'Koa with koa-router',
  app: 'frameworks/koa.cjs',
  versions: [
    { packages: { koa: '2.16.4', '@koa/router': 'npm:koa-router@7.4.0', ...mount }, requests },
    { packages: { koa: '3.3.0', '@koa/router': 'npm:koa-router@14.0.0', ...mount } },
  ],
  requests: [...requests, passed],
})

frameworkMatrix({
  framework: 'Koa with a handler of errors of the application',
  app: 'frameworks/koa.cjs',
  versions: [{ packages: { koa: '3.3.0', '@koa/router': '15.7.0', ...mount } }],
  env: { OWN_HANDLER: 'true' },
  requests,
})

// The listener of the server leads to no object of Koa.
frameworkMatrix({
  framework: 'Koa in a bundle',
  app: 'frameworks/koa.cjs',
  versions: [{ packages: { koa: '3.3.0', '@koa/router': '15.7.0', ...mount } }],
  forms: ['bundle'],
  requests: [
    { title: 'folded path', path: '/users/7', status: 200, route: '/users/:id' },
    { title: 'not found', path: '/gone/1', status: 404, route: '_UNMATCHED' },
    { title: 'unknown error', path: '/throw', status: 500, route: '/throw' },
  ],
})

frameworkMatrix({
  framework: 'Koa beside a bundle',
  app: 'frameworks/koa.cjs',
  versions: [{ packages: { koa: '3.3.0', '@koa/router': '15.7.0', ...mount } }],
  forms: ['bundle', 'bundle-esm'],
  external: ['koa'],
  requests: requests.map((each) =>
    each.error === 'BoomError' ? { ...each, bundledError: 'Error' } : each,
  ),
})
