import { frameworkMatrix } from '../../support/frameworks/framework-matrix.ts'
import type { ExpectedRequest } from '../../support/frameworks/framework-row.ts'

const node = '22.23'

/** @param base the path in front of the procedures. */
function requestsBelow(base: string): ExpectedRequest[] {
  return [
    { title: 'query', path: `${base}/plain`, status: 200, route: `${base}/plain` },
    {
      title: 'query of a nested router',
      path: `${base}/users.byId?input=7`,
      status: 200,
      route: `${base}/users.byId`,
    },
    {
      title: 'query of a router in a nested router',
      path: `${base}/users.posts.list`,
      status: 200,
      route: `${base}/users.posts.list`,
    },
    {
      title: 'mutation',
      method: 'POST',
      path: `${base}/users.rename`,
      body: '{"name":"é"}',
      status: 200,
      route: `${base}/users.rename`,
    },
    {
      title: 'batch of two procedures',
      path: `${base}/plain,users.posts.list?batch=1&input={}`,
      status: 200,
      route: `${base}/_batch`,
    },
    {
      title: 'batch of the same procedures',
      path: `${base}/plain,plain?batch=1&input={}`,
      status: 200,
      route: `${base}/plain`,
    },
    {
      title: 'batch with an unknown procedure',
      path: `${base}/plain,none?batch=1&input={}`,
      status: 207,
      route: `${base}/_batch`,
      error: 'TRPCError',
    },
    {
      title: 'batch with an unknown procedure before a procedure that throws',
      path: `${base}/none,throw?batch=1&input={}`,
      status: 207,
      route: `${base}/_batch`,
      error: 'TRPCError',
    },
    {
      title: 'batch with a procedure that throws',
      path: `${base}/plain,throw?batch=1&input={}`,
      status: 207,
      route: `${base}/_batch`,
      error: 'BoomError',
    },
    { title: 'not found', path: `${base}/none`, status: 404, route: '_UNMATCHED' },
    {
      title: 'batch of unknown procedures',
      path: `${base}/none,other?batch=1&input={}`,
      status: 404,
      route: '_UNMATCHED',
    },
    {
      title: 'thrown',
      path: `${base}/throw`,
      status: 500,
      route: `${base}/throw`,
      error: 'BoomError',
    },
    {
      title: 'rejected',
      path: `${base}/reject`,
      status: 500,
      route: `${base}/reject`,
      error: 'RejectedError',
    },
    {
      title: 'HTTP exception',
      path: `${base}/conflict`,
      status: 409,
      route: `${base}/conflict`,
      error: 'TRPCError',
    },
    {
      title: 'HTTP exception with a cause',
      path: `${base}/forbidden`,
      status: 403,
      route: `${base}/forbidden`,
      error: 'RejectedError',
    },
    {
      title: 'validation error',
      method: 'POST',
      path: `${base}/users.rename`,
      body: '{}',
      status: 400,
      route: `${base}/users.rename`,
      error: 'ValidationError',
    },
    {
      title: 'error in front of the procedure',
      path: `${base}/plain`,
      headers: { 'x-guarded': 'yes' },
      status: 500,
      route: `${base}/plain`,
      error: 'RangeError',
    },
  ]
}

frameworkMatrix({
  framework: 'tRPC',
  app: 'frameworks/trpc.cjs',
  versions: [
    { packages: { '@trpc/server': '10.0.0' }, node },
    { packages: { '@trpc/server': '10.45.4' }, node },
    { packages: { '@trpc/server': '11.0.0' }, node },
    { packages: { '@trpc/server': '11.25.2' }, node },
  ],
  forms: ['cjs', 'esm', 'ts', 'tsx'],
  requests: requestsBelow(''),
})

frameworkMatrix({
  framework: 'tRPC below a path',
  app: 'frameworks/trpc.cjs',
  versions: [{ packages: { '@trpc/server': '11.25.2' }, node }],
  env: { BASE_PATH: '/api/rpc/' },
  requests: requestsBelow('/api/rpc'),
})

frameworkMatrix({
  framework: 'tRPC in Express',
  app: 'frameworks/trpc-express.cjs',
  versions: [
    { packages: { '@trpc/server': '10.45.4', express: '4.22.3' }, node },
    { packages: { '@trpc/server': '11.25.2', express: '5.3.0' }, node },
  ],
  requests: [
    { title: 'route of Express', path: '/users/7', status: 200, route: '/users/:id' },
    {
      title: 'query',
      path: '/api/trpc/users.list',
      status: 200,
      route: '/api/trpc/users.list',
    },
    {
      title: 'batch',
      path: '/api/trpc/users.list,throw?batch=1&input={}',
      status: 207,
      route: '/api/trpc/_batch',
      error: 'BoomError',
    },
    { title: 'not found', path: '/api/trpc/none', status: 404, route: '_UNMATCHED' },
    {
      title: 'thrown',
      path: '/api/trpc/throw',
      status: 500,
      route: '/api/trpc/throw',
      error: 'BoomError',
    },
  ],
})

// Nothing leads from the server to the router.
frameworkMatrix({
  framework: 'tRPC in a bundle',
  app: 'frameworks/trpc.cjs',
  versions: [{ packages: { '@trpc/server': '11.25.2' }, node }],
  forms: ['bundle'],
  requests: [
    { title: 'folded path', path: '/users.byId?input=7', status: 200, route: '/users.byId' },
    { title: 'not found', path: '/none', status: 404, route: '_UNMATCHED' },
    { title: 'unknown error', path: '/throw', status: 500, route: '/throw' },
  ],
})
