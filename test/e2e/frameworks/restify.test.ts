import { frameworkMatrix } from '../../support/frameworks/framework-matrix.ts'

frameworkMatrix({
  framework: 'Restify',
  app: 'frameworks/restify.cjs',
  versions: [
    // Earlier versions do not load on Node 20, and these two do not load on Node 24.
    { packages: { restify: '10.0.0' }, nodeBelow: '24' },
    { packages: { restify: '11.1.0' }, nodeBelow: '24' },
    { packages: { restify: '12.0.0' } },
  ],
  forms: ['cjs', 'esm', 'ts', 'tsx', 'bundle', 'bundle-esm'],
  // esbuild does not bundle its optional binaries.
  external: ['dtrace-provider'],
  requests: [
    { title: 'plain', path: '/plain', status: 200, route: '/plain' },
    { title: 'parameter', path: '/users/7?x=1', status: 200, route: '/users/:id' },
    { title: 'fixed beside a parameter', path: '/users/me', status: 200, route: '/users/me' },
    {
      title: 'nested, with a name',
      path: '/users/7/posts/x',
      status: 200,
      route: '/users/:id/posts/:post',
    },
    {
      title: 'parameters',
      path: '/orgs/acme/items/a',
      status: 200,
      route: '/orgs/:org/items/:item',
    },
    {
      title: 'parameters of another tenant',
      path: '/orgs/caf%C3%A9/items/b',
      status: 200,
      route: '/orgs/:org/items/:item',
    },
    { title: 'with versions', path: '/v1/status', status: 200, route: '/v1/status' },
    {
      title: 'regular expression',
      path: '/files/12',
      status: 200,
      route: '/files/:number(^\\d+$)',
    },
    { title: 'wildcard', path: '/assets/a/b', status: 200, route: '/assets/*' },
    { title: 'catch-all', path: '/page/1', status: 200, route: '/page/:id' },
    {
      title: 'not found by the catch-all',
      path: '/gone/1',
      status: 404,
      route: '_UNMATCHED',
      error: 'NotFoundError',
    },
    { title: 'method not found', method: 'PUT', path: '/plain', status: 405, route: '_UNMATCHED' },
    { title: 'thrown', path: '/throw', status: 500, route: '/throw', error: 'BoomError' },
    { title: 'rejected', path: '/reject', status: 500, route: '/reject', error: 'RejectedError' },
    {
      title: 'HTTP exception',
      path: '/http-error',
      status: 409,
      route: '/http-error',
      error: 'ConflictError',
    },
    { title: 'error that is sent', path: '/sent', status: 410, route: '/sent' },
    {
      title: 'validation error',
      method: 'POST',
      path: '/validate',
      body: '{',
      status: 400,
      route: '/validate',
      error: 'InvalidContentError',
    },
    {
      title: 'error of a middleware behind the router',
      path: '/plain?denied',
      status: 401,
      route: '/plain',
      error: 'UnauthorizedError',
    },
    {
      title: 'error of a middleware in front of the router',
      path: '/guarded',
      status: 500,
      route: '/guarded',
      error: 'RangeError',
    },
  ],
})
