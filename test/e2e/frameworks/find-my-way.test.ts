import { frameworkMatrix } from '../../support/frameworks/framework-matrix.ts'

frameworkMatrix({
  framework: 'find-my-way',
  app: 'frameworks/find-my-way.cjs',
  versions: [
    { packages: { 'find-my-way': '8.0.0' } },
    { packages: { 'find-my-way': '8.2.2' } },
    { packages: { 'find-my-way': '9.0.0' } },
    { packages: { 'find-my-way': '9.10.2' } },
  ],
  forms: ['cjs', 'esm'],
  requests: [
    { title: 'plain', path: '/plain', status: 200, route: '/plain' },
    { title: 'slash at the end', path: '/plain/', status: 200, route: '/plain' },
    { title: 'parameter', path: '/users/7?x=1', status: 200, route: '/users/:id' },
    { title: 'nested', path: '/users/7/posts/x', status: 200, route: '/users/:id/posts/:post' },
    {
      title: 'other method of a shared handler',
      method: 'PUT',
      path: '/users/7/posts/x',
      status: 200,
      route: '/users/:id/posts/:post',
    },
    {
      title: 'fixed text in place of a parameter',
      path: '/users/7/posts/newest',
      status: 200,
      route: '/users/:id/posts/newest',
    },
    {
      title: 'two tenants',
      path: '/orgs/acme/items/a',
      status: 200,
      route: '/orgs/:org/items/:item',
    },
    {
      title: 'another tenant',
      path: '/orgs/globex/items/items',
      status: 200,
      route: '/orgs/:org/items/:item',
    },
    { title: 'prefix', path: '/v1/status', status: 200, route: '/v1/status' },
    {
      title: 'constraint',
      path: '/v1/status',
      headers: { host: 'shop.test' },
      status: 202,
      route: '/v1/status',
    },
    { title: 'regular expression', path: '/files/12', status: 200, route: '/files/:file(^\\d+$)' },
    { title: 'wildcard', path: '/assets/a/b.css', status: 200, route: '/assets/*' },
    { title: 'escaped path', path: '/caf%C3%A9/7', status: 200, route: '/caf\u00e9/:table' },
    { title: 'not found', path: '/gone/1', status: 404, route: '_UNMATCHED' },
    { title: 'method not found', method: 'PUT', path: '/plain', status: 404, route: '_UNMATCHED' },
    {
      title: 'error that the application answers',
      method: 'POST',
      path: '/throw',
      status: 500,
      route: '/throw',
    },
  ],
})
