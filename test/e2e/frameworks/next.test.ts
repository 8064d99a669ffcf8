import { frameworkMatrix } from '../../support/frameworks/framework-matrix.ts'
import type { ExpectedRequest } from '../../support/frameworks/framework-row.ts'

/** From 15.0 on, classes of errors need Node's hook. */
const node = '22.23'

const routes: readonly ExpectedRequest[] = [
  { title: 'route handler', path: '/plain?x=1', status: 200, route: '/plain' },
  { title: 'static page', path: '/static', status: 200, route: '/static' },
  { title: 'parameter', path: '/users/7', status: 200, route: '/users/[id]' },
  { title: 'nested', path: '/users/7/posts/x', status: 200, route: '/users/[id]/posts/[post]' },
  {
    title: 'group of routes',
    path: '/orgs/acme/items/a',
    status: 200,
    route: '/orgs/[org]/items/[item]',
  },
  {
    title: 'group of routes for another tenant',
    path: '/orgs/globex/items/b',
    status: 200,
    route: '/orgs/[org]/items/[item]',
  },
  { title: 'catch-all', path: '/docs/a/b', status: 200, route: '/docs/[...slug]' },
  { title: 'optional catch-all', path: '/optional', status: 200, route: '/optional/[[...slug]]' },
  { title: 'not found by the page', path: '/missing', status: 404, route: '/missing' },
  { title: 'API route', path: '/api/status', status: 200, route: '/api/status' },
  { title: 'API route, parameter', path: '/api/things/7', status: 200, route: '/api/things/[id]' },
  { title: 'page of the router pages', path: '/old/7', status: 200, route: '/old/[id]' },
  { title: 'not found', path: '/gone/1', status: 404, route: '_UNMATCHED' },
  { title: 'no asset', path: '/_next/static/a.js', status: 404, route: '_UNMATCHED' },
  {
    title: 'rejected',
    path: '/reject',
    status: 500,
    route: '/reject',
    error: 'RejectedError',
  },
]

function thrown(error: { readonly error?: string }): ExpectedRequest[] {
  return [
    { title: 'thrown by a route handler', path: '/throw', status: 500, route: '/throw', ...error },
    { title: 'thrown by a page', path: '/broken', status: 500, route: '/broken', ...error },
    {
      title: 'thrown by an API route',
      path: '/api/throw',
      status: 500,
      route: '/api/throw',
      ...error,
    },
  ]
}

/** Next compresses and streams: the counted sizes include the framing. */
function streamed(requests: readonly ExpectedRequest[]): ExpectedRequest[] {
  return requests.map((each) => ({ ...each, isStreamed: true }))
}

/** Next 14 does not hand on errors of route handlers, server components and API routes. */
const version14 = streamed([...routes, ...thrown({})])

frameworkMatrix({
  framework: 'Next',
  app: 'frameworks/next.cjs',
  versions: [
    {
      packages: { next: '14.2.0', react: '18.3.1', 'react-dom': '18.3.1' },
      slow: true,
      node,
      requests: version14,
    },
    {
      packages: { next: '14.2.35', react: '18.3.1', 'react-dom': '18.3.1' },
      slow: true,
      node,
      requests: version14,
    },
    {
      packages: { next: '15.0.0', react: '18.3.1', 'react-dom': '18.3.1' },
      slow: true,
      node,
      // Next 15.0 writes an id of the request into a page.
      varying: /\\"[\w-]{21}\\"/g,
    },
    { packages: { next: '15.5.29', react: '19.3.0', 'react-dom': '19.3.0' }, slow: true, node },
    { packages: { next: '16.0.0', react: '19.3.0', 'react-dom': '19.3.0' }, slow: true, node },
    { packages: { next: '16.4.6', react: '19.3.0', 'react-dom': '19.3.0' }, slow: true, node },
  ],
  requests: streamed([...routes, ...thrown({ error: 'BoomError' })]),
})

frameworkMatrix({
  framework: 'Next behind the catch-all of Express',
  app: 'frameworks/next.cjs',
  versions: [
    {
      packages: { next: '16.4.6', react: '19.3.1', 'react-dom': '19.3.1', express: '5.3.0' },
      slow: true,
      node,
    },
  ],
  env: { SERVER: 'express' },
  requests: streamed([
    ...routes,
    ...thrown({ error: 'BoomError' }),
    { title: 'route of Express', path: '/express/7', status: 200, route: '/express/:id' },
  ]),
})

frameworkMatrix({
  framework: 'The command `next start`',
  app: 'frameworks/next.cjs',
  versions: [
    {
      packages: { next: '16.4.6', react: '19.3.0', 'react-dom': '19.3.0' },
      slow: true,
      node,
    },
  ],
  env: { SERVER: 'next start' },
  requests: streamed([...routes, ...thrown({ error: 'BoomError' })]),
})
