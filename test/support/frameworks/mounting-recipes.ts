import type { Packages } from './installed-packages.ts'

/** A program that mounts the page by a line of docs/preload.md. */
export interface MountingRecipe {
  /** First cell of the row in the document. */
  readonly framework: string
  readonly versions: readonly Packages[]
  /** The files of the program. The first is started. */
  readonly files: (line: string) => Readonly<Record<string, string>>
  /** The status of HEAD, where the framework has no route for HEAD. */
  readonly head?: number
  /** Whether the response is compressed where the client asks for it. Default: true. */
  readonly compresses?: false
  /** The path of the page. Default: /metrics. */
  readonly path?: string
  /** A command that prepares the program: a script below `node_modules` and its arguments. */
  readonly build?: readonly string[]
}

const handler = "import { metricsHandler } from 'gunicorn-prometheus-exporter'\n"
const ready = "process.stdout.write('ready ' + port + '\\n')"

/** An ES module in which `port` is a free port. */
function program(text: string): Readonly<Record<string, string>> {
  return { 'app.mjs': `${handler}const port = Number(process.env.PORT)\n${text}\n` }
}

const listen = `listen(port, '127.0.0.1', () => ${ready})`

function fastify(line: string): Readonly<Record<string, string>> {
  return program(`
import Fastify from 'fastify'
const fastify = Fastify()
${line}
await fastify.listen({ port, host: '127.0.0.1' })
${ready}`)
}

function nest(platform: string, adapter: string) {
  return (line: string) =>
    program(`
import 'reflect-metadata'
import { Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { ${adapter} } from '@nestjs/platform-${platform}'
class AppModule {}
Module({})(AppModule)
const app = await NestFactory.create(AppModule, new ${adapter}(), { logger: false })
${line}
await app.listen(port, '127.0.0.1')
${ready}`)
}

const nestBasics = {
  '@nestjs/core': '11.2.10',
  '@nestjs/common': '11.2.10',
  'reflect-metadata': '0.2.2',
  rxjs: '7.8.2',
}

function next(page: string, line: string): Readonly<Record<string, string>> {
  return {
    'app.mjs': `
import { createServer } from 'node:http'
import next from 'next'
const port = Number(process.env.PORT)
const app = next({ dev: false, dir: import.meta.dirname })
await app.prepare()
createServer(app.getRequestHandler()).${listen}`,
    'next.config.mjs': `
export default { serverExternalPackages: ['gunicorn-prometheus-exporter'] }`,
    [page]: `${line}\n`,
    'app/layout.js': 'export default ({ children }) => <html><body>{children}</body></html>\n',
    'app/page.js': 'export default () => <p>page</p>\n',
  }
}

const nextPackages = { next: '16.4.6', react: '19.3.0', 'react-dom': '19.3.0' }
const build = ['next/dist/bin/next', 'build']

/** Recipes that start in a second or two. */
export const quickRecipes: readonly MountingRecipe[] = [
  {
    framework: '`node:http`, `https`, `http2`',
    versions: [{}],
    files: (line) =>
      program(`import { createServer } from 'node:http'\nconst server = ${line}\nserver.${listen}`),
  },
  {
    framework: 'Express 4 and 5',
    versions: [{ express: '4.22.3' }, { express: '5.3.0' }],
    files: (line) =>
      program(`import express from 'express'\nconst app = express()\n${line}\napp.${listen}`),
  },
  {
    framework: 'Fastify 3 to 5',
    versions: [{ fastify: '3.29.5' }],
    head: 404,
    files: fastify,
  },
  {
    framework: 'Fastify 3 to 5',
    versions: [{ fastify: '4.29.1' }, { fastify: '5.12.8' }],
    files: fastify,
  },
  {
    framework: 'Nest, on Express or Fastify',
    versions: [{ ...nestBasics, '@nestjs/platform-express': '11.2.10' }],
    files: nest('express', 'ExpressAdapter'),
  },
  {
    framework: 'Nest, on Express or Fastify',
    versions: [
      {
        ...nestBasics,
        '@nestjs/platform-express': '11.2.10',
        '@nestjs/platform-fastify': '11.2.8',
      },
    ],
    files: nest('fastify', 'FastifyAdapter'),
  },
  {
    framework: 'Koa, with `@koa/router`',
    versions: [{ koa: '3.3.0', '@koa/router': '15.7.0', 'koa-mount': '4.2.0' }],
    files: (line) =>
      program(`
import Router from '@koa/router'
import Koa from 'koa'
const app = new Koa()
const router = new Router()
app.use(async (context, next) => {
  await next()
  // A client of HEAD can close the connection first.
  const { writableEnded, destroyed } = context.res
  if (!writableEnded && !destroyed) throw new Error('Koa goes on before the page has ended.')
})
${line}
app.use(router.routes())
app.${listen}`),
  },
  {
    framework: 'Hapi',
    versions: [
      { '@hapi/hapi': '20.3.0', '@hapi/boom': '9.1.4' },
      { '@hapi/hapi': '21.4.10', '@hapi/boom': '10.0.1' },
    ],
    files: (line) =>
      program(`
import Hapi from '@hapi/hapi'
const server = Hapi.server({ port, host: '127.0.0.1' })
${line}
await server.start()
${ready}`),
  },
  {
    framework: 'restify',
    versions: [{ restify: '12.0.0' }],
    head: 405,
    files: (line) =>
      program(`
import restify from 'restify'
const server = restify.createServer()
${line}
server.${listen}`),
  },
  {
    framework: 'Polka',
    versions: [{ polka: '0.5.2' }],
    head: 404,
    files: (line) =>
      program(`import polka from 'polka'\nconst app = polka()\n${line}\napp.${listen}`),
  },
  {
    framework: 'Hono',
    compresses: false,
    versions: [
      { hono: '4.0.0', '@hono/node-server': '1.7.0' },
      { hono: '4.13.19', '@hono/node-server': '2.1.9' },
    ],
    files: (line) =>
      program(`
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
const app = new Hono()
${line}
serve({ fetch: app.fetch, port, hostname: '127.0.0.1' }, () => ${ready})`),
  },
  {
    framework: 'h3 1',
    versions: [{ h3: '1.15.11' }],
    head: 404,
    files: (line) =>
      program(`
import { createServer } from 'node:http'
import { createApp, createRouter, fromNodeMiddleware, toNodeListener } from 'h3'
const app = createApp()
const router = createRouter()
${line}
app.use(router)
createServer(toNodeListener(app)).${listen}`),
  },
  {
    framework: 'h3 2',
    versions: [{ h3: '2.0.8' }],
    files: (line) =>
      program(`
import { createServer } from 'node:http'
import { H3, toNodeHandler } from 'h3'
const app = new H3()
${line}
createServer(toNodeHandler(app)).${listen}`),
  },
  {
    framework: 'React Router, Remix',
    compresses: false,
    versions: [
      {
        'react-router': '8.4.0',
        '@react-router/express': '8.4.0',
        '@react-router/node': '8.4.0',
        express: '5.3.0',
        react: '19.3.1',
        'react-dom': '19.3.1',
      },
    ],
    files: (line) => ({
      ...program(`
import { createRequestHandler } from '@react-router/express'
import express from 'express'
import * as module from './metrics.mjs'
const routes = {
  root: { id: 'root', path: '', module: { default: () => null } },
  metrics: { id: 'metrics', parentId: 'root', path: 'metrics', module },
}
const build = {
  entry: { module: { default: () => new Response('page') } },
  routes,
  assets: { entry: { imports: [], module: '' }, routes: {}, url: '', version: '1' },
  ...{ basename: '/', publicPath: '/', assetsBuildDirectory: '' },
  ...{ future: {}, ssr: true, isSpaMode: false, prerender: [] },
  routeDiscovery: { mode: 'lazy', manifestPath: '/__manifest' },
}
const app = express()
app.all('/{*splat}', createRequestHandler({ build, mode: 'production' }))
app.${listen}`),
      'metrics.mjs': `${handler}${line}\n`,
    }),
  },
  {
    framework: 'the Fetch API',
    compresses: false,
    versions: [{}],
    files: (line) =>
      program(`
import { createServer } from 'node:http'
const server = createServer(async ({ url, method, headers }, outgoing) => {
  const request = new Request(\`http://localhost\${url}\`, { method, headers })
  ${line}
  outgoing.writeHead(response.status, Object.fromEntries(response.headers))
  outgoing.end(Buffer.from(await response.arrayBuffer()))
})
server.${listen}`),
  },
]

/** Recipes with a build that takes a minute. */
export const slowRecipes: readonly MountingRecipe[] = [
  {
    framework: 'Next, `app/metrics/route.js`',
    versions: [nextPackages],
    build,
    files: (line) =>
      next('app/metrics/route.js', `${line}\nexport const dynamic = 'force-dynamic'`),
  },
  {
    framework: 'Next, `pages/api/metrics.js`',
    versions: [nextPackages],
    build,
    path: '/api/metrics',
    files: (line) => next('pages/api/metrics.js', line),
  },
]
