import { frameworkMatrix } from '../../support/frameworks/framework-matrix.ts'
import type { ExpectedRequest } from '../../support/frameworks/framework-row.ts'

const node = '22.23'
/** h3 2 writes the host into the response. */
const headers = { host: 'localhost' }

const both: readonly ExpectedRequest[] = [
  { title: 'plain', path: '/plain', status: 200, route: '/plain' },
  { title: 'parameter', path: '/users/7?x=1', status: 200, route: '/users/:id' },
  { title: 'nested', path: '/users/7/posts/x', status: 200, route: '/users/:id/posts/:post' },
  {
    title: 'mounted',
    path: '/orgs/acme/items/a?x=1',
    status: 200,
    route: '/orgs/:org/items/:item',
  },
  {
    title: 'mounted for another tenant',
    path: '/orgs/orgs/items/items',
    status: 200,
    route: '/orgs/:org/items/:item',
  },
  { title: 'prefixed', path: '/v1/status', status: 200, route: '/v1/status' },
  { title: 'wildcard', path: '/assets/a/b', status: 200, route: '/assets/**' },
  { title: 'not found', path: '/gone/x', headers, status: 404, route: '_UNMATCHED' },
  { title: 'thrown', path: '/throw', status: 500, route: '/throw', error: 'BoomError' },
  { title: 'rejected', path: '/reject', status: 500, route: '/reject', error: 'RejectedError' },
]

frameworkMatrix({
  framework: 'h3 2',
  app: 'frameworks/h3.cjs',
  versions: [
    { packages: { h3: '2.0.1' }, node },
    { packages: { h3: '2.0.8' }, node },
  ],
  forms: ['esm', 'cjs', 'ts', 'tsx'],
  requests: [
    ...both,
    { title: 'HEAD', method: 'HEAD', path: '/users/7', status: 200, route: '/users/:id' },
    {
      title: 'regular expression',
      path: '/files/12',
      status: 200,
      route: '/files/:number(\\d+)',
    },
    {
      title: 'regular expression, refused',
      path: '/files/x',
      headers,
      status: 404,
      route: '_UNMATCHED',
    },
    { title: 'named wildcard', path: '/pages/a/b', status: 200, route: '/pages/**:rest' },
    {
      title: 'body',
      method: 'POST',
      path: '/echo',
      body: '{"a":"é"}',
      status: 200,
      route: '/echo',
    },
    {
      title: 'middleware before a route',
      path: '/admin/rooms/7',
      status: 401,
      route: '/admin/rooms/:room',
      error: 'HTTPError',
    },
    {
      title: 'mounted with fetch',
      path: '/shop/items/7',
      status: 200,
      route: '/shop/items/:item',
    },
    {
      title: 'thrown behind a mount',
      path: '/shop/throw/7',
      status: 500,
      route: '/shop/throw/:id',
      error: 'BoomError',
    },
    {
      title: 'not found behind a mount',
      path: '/shop/none',
      headers,
      status: 404,
      route: '/shop/**',
    },
    { title: 'returned', path: '/returned', status: 418, route: '/returned', error: 'HTTPError' },
    {
      title: 'HTTP exception',
      path: '/http-error',
      status: 409,
      route: '/http-error',
      error: 'HTTPError',
    },
    {
      title: 'validation error',
      method: 'POST',
      path: '/validate',
      body: '{"a":1}',
      status: 400,
      route: '/validate',
      error: 'HTTPError',
    },
  ],
})

frameworkMatrix({
  framework: 'h3 1',
  app: 'frameworks/h3-1.cjs',
  versions: [
    { packages: { h3: '1.8.0' }, node },
    { packages: { h3: '1.15.11' }, node },
  ],
  forms: ['cjs', 'esm'],
  requests: [
    ...both,
    { title: 'mount itself', path: '/shop', status: 200, route: '/shop/' },
    { title: 'mount itself with a query', path: '/shop?x=1', status: 200, route: '/shop/' },
    { title: 'mount itself with a slash', path: '/shop/', status: 200, route: '/shop/' },
    {
      title: 'HTTP exception',
      path: '/http-error',
      status: 409,
      route: '/http-error',
      error: 'H3Error',
    },
    {
      title: 'not found by the handler',
      path: '/users/7/missing',
      status: 404,
      route: '/users/:id/missing',
      error: 'H3Error',
    },
    {
      title: 'validation error',
      method: 'POST',
      path: '/validate',
      body: '{"a":1}',
      status: 400,
      route: '/validate',
      error: 'H3Error',
    },
  ],
})
