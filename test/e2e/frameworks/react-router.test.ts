import { frameworkMatrix } from '../../support/frameworks/framework-matrix.ts'
import type { ExpectedRequest, FrameworkVersion } from '../../support/frameworks/framework-row.ts'

const node = '22.23'

const documents: readonly ExpectedRequest[] = [
  { title: 'page', path: '/users/7?x=1', status: 200, route: '/users/:id' },
  { title: 'nested', path: '/orgs/acme/items/a', status: 200, route: '/orgs/:org/items/:item' },
  {
    title: 'nested for another tenant',
    path: '/orgs/globex/items/items',
    status: 200,
    route: '/orgs/:org/items/:item',
  },
  { title: 'index route', path: '/orgs/acme', status: 200, route: '/orgs/:org' },
  {
    title: 'thrown by a page',
    path: '/broken',
    status: 500,
    route: '/broken',
    error: 'BoomError',
  },
  { title: 'not found', path: '/gone/1', status: 404, route: '_UNMATCHED' },
]

const requests: readonly ExpectedRequest[] = [
  ...documents,
  { title: 'plain', path: '/plain', status: 200, route: '/plain' },
  { title: 'HEAD', method: 'HEAD', path: '/plain', status: 200, route: '/plain' },
  {
    title: 'parameters',
    path: '/users/7/posts/x',
    status: 200,
    route: '/users/:id/posts/:post',
  },
  { title: 'wildcard', path: '/files/a/b', status: 200, route: '/files/*' },
  { title: 'optional', path: '/langs/en', status: 200, route: '/langs/:lang?' },
  { title: 'route of Express', path: '/express/7', status: 200, route: '/express/:id' },
  { title: 'thrown', path: '/throw', status: 500, route: '/throw', error: 'BoomError' },
  { title: 'rejected', path: '/reject', status: 500, route: '/reject', error: 'RejectedError' },
  { title: 'response thrown', path: '/http-error', status: 409, route: '/http-error' },
  {
    title: 'response of an action',
    method: 'POST',
    path: '/validate',
    body: '{}',
    status: 400,
    route: '/validate',
  },
]

/** The data of a page has the route of the page. */
const data: readonly ExpectedRequest[] = [
  { title: 'data of a page', path: '/users/7.data', status: 200, route: '/users/:id' },
]

/** The server writes web streams: the counted sizes include the framing. */
function streamed(each: readonly ExpectedRequest[]): ExpectedRequest[] {
  return each.map((request) => ({ ...request, isStreamed: true }))
}

function versionOf(version: string, express: string): FrameworkVersion {
  const packages = {
    'react-router': version,
    '@react-router/express': version,
    '@react-router/node': version,
    express,
    react: '19.3.1',
    'react-dom': '19.3.1',
  }
  return { packages, slow: true, node }
}

const newest = versionOf('8.4.0', '5.3.0')

frameworkMatrix({
  framework: 'React Router',
  app: 'frameworks/react-router.cjs',
  versions: [versionOf('7.0.0', '4.22.3'), versionOf('7.18.4', '4.22.3'), newest],
  forms: ['esm', 'cjs'],
  requests: streamed([...requests, ...data]),
})

frameworkMatrix({
  framework: 'React Router below a path',
  app: 'frameworks/react-router.cjs',
  versions: [newest],
  env: { BASENAME: '/app' },
  requests: streamed([
    { title: 'below', path: '/app/users/7', status: 200, route: '/app/users/:id' },
    { title: 'beside', path: '/users/7', status: 404, route: '_UNMATCHED' },
  ]),
})

function remix(version: string): FrameworkVersion {
  const packages = {
    '@remix-run/express': version,
    '@remix-run/node': version,
    express: '4.22.3',
    react: '18.3.1',
    'react-dom': '18.3.1',
  }
  return { packages, slow: true, node }
}

frameworkMatrix({
  framework: 'Remix',
  app: 'frameworks/react-router.cjs',
  imports: { '@react-router/express': '@remix-run/express' },
  versions: [remix('2.0.0'), remix('2.17.5')],
  requests: streamed(requests),
})
