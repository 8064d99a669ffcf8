import { frameworkMatrix } from '../../support/frameworks/framework-matrix.ts'
import type { ExpectedRequest } from '../../support/frameworks/framework-row.ts'

const path = '/graphql'
const env = { GUNICORN_HTTP_GRAPHQL: 'true' }

type Expected = Pick<ExpectedRequest, 'title' | 'error'> & { readonly status?: number }

/** @param operation the name in the route. */
function sent(body: object, operation: string | undefined, expected: Expected): ExpectedRequest {
  const route = operation === undefined ? path : `${path} ${operation}`
  return {
    ...{ method: 'POST', path, body: JSON.stringify(body), status: 200, route },
    headers: { accept: 'application/json' },
    ...expected,
  }
}

const several = 'query One { user(id: 1) } query Two { user(id: 2) }'

const wrong = { query: 'query Wrong { nothing }' }

const common: readonly ExpectedRequest[] = [
  sent({ query: 'query GetUser { user(id: 7) }' }, 'GetUser', { title: 'query' }),
  sent({ query: 'mutation Rename { rename(id: 7) }' }, 'Rename', { title: 'mutation' }),
  sent({ query: '{ user(id: 7) }' }, undefined, { title: 'operation without a name' }),
  sent({ query: several, operationName: 'Two' }, 'Two', { title: 'one of several operations' }),
  sent(
    [{ query: 'query First { user(id: 1) }' }, { query: 'query Next { user(id: 2) }' }],
    'First',
    {
      title: 'batch',
    },
  ),
  {
    title: 'operation in the query of the URL',
    path: `${path}?query=query%20ByUrl%7Buser(id%3A7)%7D`,
    headers: { 'apollo-require-preflight': 'true' },
    status: 200,
    route: `${path} ByUrl`,
  },
  sent({ query: 'query Boom { boom }' }, 'Boom', { title: 'thrown', error: 'BoomError' }),
  sent({ query: 'query Late { late }' }, 'Late', { title: 'rejected', error: 'RangeError' }),
  sent({ query: 'query Refused { refused }' }, 'Refused', { title: 'code', error: 'FORBIDDEN' }),
]

frameworkMatrix({
  framework: 'GraphQL Yoga',
  app: 'frameworks/yoga.cjs',
  env,
  versions: [
    {
      packages: { 'graphql-yoga': '5.0.0', graphql: '16.8.0' },
      requests: [
        ...common,
        sent(wrong, undefined, { title: 'validation error', error: 'GraphQLError' }),
      ],
    },
    { packages: { 'graphql-yoga': '5.24.1', graphql: '16.15.0' } },
  ],
  forms: ['cjs', 'esm'],
  requests: [
    ...common,
    sent(wrong, undefined, { title: 'validation error', error: 'GRAPHQL_VALIDATION_FAILED' }),
    { title: 'not found', path: '/gone', status: 404, route: '_UNMATCHED' },
  ],
})

frameworkMatrix({
  framework: 'Apollo Server',
  app: 'frameworks/apollo.cjs',
  env,
  versions: [
    { packages: { '@apollo/server': '4.0.0', graphql: '16.8.0' } },
    { packages: { '@apollo/server': '4.13.0', graphql: '16.15.0' } },
    { packages: { '@apollo/server': '5.0.0', graphql: '16.15.0' } },
    { packages: { '@apollo/server': '5.5.1', graphql: '16.15.0' } },
  ],
  forms: ['cjs', 'esm'],
  requests: [
    ...common,
    {
      ...sent(wrong, undefined, { title: 'validation error', status: 400 }),
      // Apollo's own server has no router.
      route: '_UNMATCHED',
      error: 'GRAPHQL_VALIDATION_FAILED',
    },
  ],
})

const query = { query: 'query GetUser { user(id: 7) }' }
const boom = { query: 'query Boom { boom }' }

/** The route of a router carries the operation. */
function routed(server: string): readonly ExpectedRequest[] {
  const template = `/${server}/:tenant`
  return [
    {
      ...sent(query, undefined, { title: `query of ${server}` }),
      path: `/${server}/acme`,
      route: `${template} GetUser`,
    },
    {
      ...sent(query, undefined, { title: `query of ${server} for another tenant` }),
      path: `/${server}/globex`,
      route: `${template} GetUser`,
    },
    {
      ...sent(boom, undefined, { title: `error in ${server}`, error: 'BoomError' }),
      path: `/${server}/acme`,
      route: `${template} Boom`,
    },
    {
      ...sent(wrong, undefined, { title: `validation error of ${server}` }),
      path: `/${server}/acme`,
      status: server === 'apollo' ? 400 : 200,
      route: template,
      error: 'GRAPHQL_VALIDATION_FAILED',
    },
  ]
}

const behindExpress = {
  framework: 'GraphQL behind Express',
  app: 'frameworks/graphql-express.cjs',
  versions: [
    {
      packages: {
        express: '5.3.0',
        'graphql-yoga': '5.24.1',
        '@apollo/server': '5.5.1',
        '@as-integrations/express5': '1.1.2',
        graphql: '16.15.0',
      },
    },
  ],
  requests: [
    ...routed('yoga'),
    ...routed('apollo'),
    { title: 'no operation', path: '/plain', status: 200, route: '/plain' },
  ],
} as const

frameworkMatrix({ ...behindExpress, env, forms: ['cjs', 'esm'] })

frameworkMatrix({
  ...behindExpress,
  framework: 'GraphQL without the setting',
  forms: ['cjs', 'esm'],
  requests: behindExpress.requests.map(({ error: _, ...request }: ExpectedRequest) => ({
    ...request,
    route: request.route?.replace(/ .*/, ''),
  })),
})
