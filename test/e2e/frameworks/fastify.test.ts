import { frameworkMatrix } from '../../support/frameworks/framework-matrix.ts'
import type { ExpectedRequest } from '../../support/frameworks/framework-row.ts'

const validation = {
  title: 'validation error',
  method: 'POST',
  path: '/validate',
  body: '{"count":"x"}',
  status: 400,
  route: '/validate',
}

const common: readonly ExpectedRequest[] = [
  { title: 'plain', path: '/plain', status: 200, route: '/plain' },
  { title: 'parameter', path: '/users/7?x=1', status: 200, route: '/users/:id' },
  { title: 'HEAD', method: 'HEAD', path: '/users/7', status: 200, route: '/users/:id' },
  { title: 'nested', path: '/users/7/posts/x', status: 200, route: '/users/:id/posts/:post' },
  { title: 'prefixed', path: '/orgs/acme/items/a', status: 200, route: '/orgs/:org/items/:item' },
  {
    title: 'prefixed for another tenant',
    path: '/orgs/caf%C3%A9/items/items',
    status: 200,
    route: '/orgs/:org/items/:item',
  },
  { title: 'prefix', path: '/v1/status', status: 200, route: '/v1/status' },
  {
    title: 'regular expression',
    path: '/files/12',
    status: 200,
    route: '/files/:file(^\\d+$)',
  },
  { title: 'wildcard', path: '/assets/a/b.css', status: 200, route: '/assets/*' },
  { title: 'catch-all', path: '/pages/1', status: 200, route: '/pages/:id' },
  { title: 'not found', path: '/gone/1', status: 404, route: '_UNMATCHED' },
  {
    title: 'method not found',
    method: 'PUT',
    path: '/plain',
    body: '{}',
    status: 404,
    route: '_UNMATCHED',
  },
  { title: 'not a URL', path: '/users/%', status: 400, route: '_UNMATCHED' },
  { title: 'malformed path', path: '/users/%zz/posts/1', status: 400, route: '_UNMATCHED' },
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
    title: 'error handler of an encapsulated plugin',
    path: '/v1/guarded',
    status: 502,
    route: '/v1/guarded',
    error: 'RangeError',
  },
  {
    title: 'error of a hook',
    path: '/v1/hooked',
    status: 500,
    route: '/v1/hooked',
    error: 'TypeError',
  },
  {
    title: 'body without a parser',
    method: 'POST',
    path: '/validate',
    body: 'x',
    headers: { 'content-type': 'x/y' },
    status: 415,
    route: '/validate',
    error: 'FST_ERR_CTP_INVALID_MEDIA_TYPE',
  },
]

frameworkMatrix({
  framework: 'Fastify',
  app: 'frameworks/fastify.cjs',
  versions: [
    { packages: { fastify: '3.21.0' }, requests: [...common, { ...validation, error: 'Error' }] },
    { packages: { fastify: '3.29.5' }, requests: [...common, { ...validation, error: 'Error' }] },
    { packages: { fastify: '4.0.0' }, requests: [...common, { ...validation, error: 'Error' }] },
    { packages: { fastify: '4.29.1' } },
    { packages: { fastify: '5.0.0' } },
    { packages: { fastify: '5.12.8' } },
  ],
  forms: ['cjs', 'esm', 'ts', 'tsx', 'bundle', 'bundle-esm'],
  requests: [...common, { ...validation, error: 'FST_ERR_VALIDATION' }],
})
