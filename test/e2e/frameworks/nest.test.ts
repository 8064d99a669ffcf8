import { frameworkMatrix } from '../../support/frameworks/framework-matrix.ts'
import type { ExpectedRequest, FrameworkVersion } from '../../support/frameworks/framework-row.ts'

/** @param wildcard how the platform writes the wildcard of `assets/*`. */
function requests(wildcard: string): readonly ExpectedRequest[] {
  return [
    { title: 'plain, outside of the global prefix', path: '/plain', status: 200, route: '/plain' },
    { title: 'parameter', path: '/api/users/7?x=1', status: 200, route: '/api/users/:id' },
    {
      title: 'nested',
      path: '/api/users/7/posts/x',
      status: 200,
      route: '/api/users/:id/posts/:post',
    },
    {
      title: 'prefix of a controller',
      path: '/api/orgs/acme/items/a',
      status: 200,
      route: '/api/orgs/:org/items/:item',
    },
    {
      title: 'prefix of a controller, for another tenant',
      path: '/api/orgs/caf%C3%A9/items/items',
      status: 200,
      route: '/api/orgs/:org/items/:item',
    },
    { title: 'version', path: '/api/v1/status', status: 200, route: '/api/v1/status' },
    { title: 'wildcard', path: '/api/assets/a/b', status: 200, route: `/api/assets/${wildcard}` },
    {
      title: 'not found',
      path: '/api/gone/1',
      status: 404,
      route: '_UNMATCHED',
      error: 'NotFoundException',
    },
    { title: 'thrown', path: '/api/throw', status: 500, route: '/api/throw', error: 'BoomError' },
    {
      title: 'rejected',
      path: '/api/reject',
      status: 500,
      route: '/api/reject',
      error: 'RejectedError',
    },
    {
      title: 'HTTP exception',
      path: '/api/http-error',
      status: 409,
      route: '/api/http-error',
      error: 'ConflictException',
    },
    {
      title: 'HTTP exception of a class of the application',
      path: '/api/sold-out',
      status: 410,
      route: '/api/sold-out',
      error: 'SoldOutException',
    },
    {
      title: 'filter of exceptions',
      path: '/api/guarded',
      status: 502,
      route: '/api/guarded',
      error: 'GuardedError',
    },
    {
      title: 'guard',
      path: '/api/forbidden',
      status: 403,
      route: '/api/forbidden',
      error: 'ForbiddenException',
    },
    {
      title: 'validation error',
      method: 'POST',
      path: '/api/validate',
      body: '{"count":"x"}',
      status: 400,
      route: '/api/validate',
      error: 'BadRequestException',
    },
  ]
}

function versionOf(core: string, platforms: string = core): FrameworkVersion {
  return {
    packages: {
      '@nestjs/core': core,
      '@nestjs/common': core,
      '@nestjs/platform-express': core,
      '@nestjs/platform-fastify': platforms,
      'reflect-metadata': '0.1.13',
      rxjs: '7.8.2',
    },
  }
}

const app = 'frameworks/nest.cjs'
/** Fastify itself answers. */
const malformed = {
  title: 'malformed path',
  path: '/api/users/%zz',
  status: 400,
  route: '_UNMATCHED',
}
const oldVersions = [versionOf('9.0.0'), versionOf('9.4.3'), versionOf('10.0.0')]
const older: FrameworkVersion[] = [...oldVersions, versionOf('10.4.22')].map((each) => ({
  ...each,
  slow: true,
  requests: requests('*'),
}))
// Packages of 11.0.0 and 11.0.1 do not fit each other.
const oldest11: FrameworkVersion = { ...versionOf('11.0.3'), slow: true }
const newest = versionOf('11.2.10', '11.2.8')

frameworkMatrix({
  framework: 'Nest on Express',
  app,
  versions: [...older, oldest11, newest],
  forms: ['cjs', 'esm'],
  requests: requests('{*path}'),
})

frameworkMatrix({
  framework: 'Nest on Fastify',
  app,
  env: { NEST_ADAPTER: 'fastify' },
  versions: [...older, oldest11, { ...newest, slow: true }],
  requests: [...requests('*'), malformed],
})

// In a bundle, nothing leads to Nest's handler of exceptions.
frameworkMatrix({
  framework: 'Nest on Express, bundled',
  app,
  versions: [{ ...newest, slow: true }],
  forms: ['bundle'],
  external: [
    ...['@nestjs/microservices', '@nestjs/websockets', '@nestjs/websockets/socket-module'],
    ...['@nestjs/microservices/microservices-module', 'class-validator', 'class-transformer'],
    ...['@fastify/static', '@fastify/view'],
  ],
  requests: requests('{*path}').map(({ error: _, ...request }) => request),
})
