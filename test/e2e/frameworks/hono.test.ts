import { frameworkMatrix } from '../../support/frameworks/framework-matrix.ts'
import type { ExpectedRequest } from '../../support/frameworks/framework-row.ts'

const node = '22.23'
const app = 'frameworks/hono.cjs'
const newest = { packages: { hono: '4.13.19', '@hono/node-server': '2.1.9' }, node } as const
const oldest = { packages: { hono: '4.0.0', '@hono/node-server': '1.7.0' }, node } as const

const requests: readonly ExpectedRequest[] = [
  { title: 'plain, with another environment', path: '/plain', status: 200, route: '/plain' },
  { title: 'parameter', path: '/users/7?x=1', status: 200, route: '/users/:id' },
  { title: 'HEAD', method: 'HEAD', path: '/users/7', status: 200, route: '/users/:id' },
  { title: 'nested', path: '/users/7/posts/x', status: 200, route: '/users/:id/posts/:post' },
  { title: 'lone handler', path: '/lone/7', status: 200, route: '/lone/:id' },
  {
    title: 'sub-application',
    path: '/orgs/acme/items/a',
    status: 200,
    route: '/orgs/:org/items/:item',
  },
  {
    title: 'sub-application for another tenant',
    path: '/orgs/caf%C3%A9/items/items',
    status: 200,
    route: '/orgs/:org/items/:item',
  },
  { title: 'prefixed', path: '/v1/status', status: 200, route: '/v1/status' },
  {
    title: 'regular expression',
    path: '/files/12',
    status: 200,
    route: '/files/:number{[0-9]+}',
  },
  { title: 'optional', path: '/langs/en', status: 200, route: '/langs/:lang?' },
  { title: 'without the optional part', path: '/langs', status: 200, route: '/langs/:lang?' },
  { title: 'left for the next handler', path: '/skipped/7', status: 200, route: '/skipped/:name' },
  { title: 'one of several', method: 'PUT', path: '/b/2', status: 200, route: '/b/:id' },
  { title: 'wildcard', path: '/assets/a/b', status: 200, route: '/assets/*' },
  {
    title: 'middleware before a route',
    path: '/admin/rooms/7',
    status: 401,
    route: '/admin/rooms/:room',
  },
  { title: 'middleware without a route', path: '/admin/7', status: 401, route: '/admin/*' },
  { title: 'middleware as handler', path: '/static/a.css', status: 200, route: '/static/*' },
  { title: 'middleware that goes on', path: '/static/b', status: 404, route: '_UNMATCHED' },
  {
    title: 'body',
    method: 'POST',
    path: '/echo',
    body: '{"a":"é"}',
    status: 200,
    route: '/echo',
  },
  { title: 'request to itself', path: '/inner', status: 200, route: '/inner' },
  {
    title: 'many requests to itself',
    path: '/batch',
    status: 500,
    route: '/batch',
    error: 'BoomError',
  },
  { title: 'not found', path: '/files/x', status: 404, route: '_UNMATCHED' },
  { title: 'method not found', method: 'PUT', path: '/plain', status: 404, route: '_UNMATCHED' },
  { title: 'thrown', path: '/throw', status: 500, route: '/throw', error: 'BoomError' },
  { title: 'rejected', path: '/reject', status: 500, route: '/reject', error: 'RejectedError' },
  {
    title: 'thrown by a lone handler',
    path: '/lone/7/throw',
    status: 500,
    route: '/lone/:id/throw',
    error: 'BoomError',
  },
  {
    title: 'handled by the sub-application',
    path: '/orgs/acme/broken',
    status: 502,
    route: '/orgs/:org/broken',
    error: 'PaymentError',
  },
  {
    title: 'HTTP exception',
    path: '/http-error',
    status: 409,
    route: '/http-error',
    error: 'HTTPException',
  },
  {
    title: 'validation error',
    method: 'POST',
    path: '/validate',
    body: '{bad',
    status: 400,
    route: '/validate',
    error: 'HTTPException',
  },
]
// Hono 4.0 cannot mount an application behind @hono/node-server.
const mounted: readonly ExpectedRequest[] = [
  { title: 'mounted', path: '/shop/items/7', status: 200, route: '/shop/items/:item' },
  { title: 'not found behind a mount', path: '/shop/none', status: 404, route: '_UNMATCHED' },
]

frameworkMatrix({
  framework: 'Hono',
  app,
  versions: [{ ...oldest, requests }, newest],
  forms: ['esm', 'cjs', 'ts', 'tsx'],
  requests: [...requests, ...mounted],
})

frameworkMatrix({
  framework: 'Hono 4.0 as CommonJS',
  app,
  versions: [oldest],
  forms: ['cjs'],
  requests,
})

// A bundle has no module to change.
frameworkMatrix({
  framework: 'Hono in a bundle, with paths in place of routes,',
  app,
  versions: [newest],
  forms: ['bundle', 'bundle-esm'],
  requests: [
    { title: 'parameter', path: '/users/7', status: 200, route: '/users/:id' },
    { title: 'word', path: '/orgs/acme/items/a', status: 200, route: '/orgs/acme/items/a' },
    { title: 'not found', path: '/files/x', status: 404, route: '_UNMATCHED' },
    { title: 'thrown', path: '/throw', status: 500, route: '/throw' },
  ],
})
