import { early, graphql } from './early-frameworks.ts'
import { express } from './express/express.ts'
import { findMyWay } from './find-my-way.ts'
import { hapi } from './hapi.ts'
import type { Framework } from './hooks/framework.ts'
import { koa } from './koa/koa.ts'
import { nest } from './nest.ts'
import { polka } from './polka.ts'
import { restify } from './restify.ts'
import { socketIo } from './socket-io.ts'

/*
 * The web frameworks whose routes and errors this package knows. One file per framework; its head
 * names the versions. `hooks/` has the interface and the ways into an application. A framework
 * tells in one of these ways, the cheapest first:
 *
 *   fields     The framework leaves the route on the request: `fields` reads it at the end.
 *   channel    The framework publishes on a diagnostics channel: `subscribe` subscribes before the
 *              application loads. Add the framework to `early-frameworks.ts`.
 *   prototype  A method of a CommonJS module sees the request: `modules` wraps the method when a
 *              server starts to listen (`wrapMethod`). Bundled frameworks have no such module.
 *   listener   An application that is the listener of a server leads to its classes, also in a
 *              bundle: `listener` gets it when the server starts to listen.
 *   source     A module keeps all in private fields: `sources` changes the module when the
 *              application loads it, and `onCall` takes the calls. Add to `early-frameworks.ts`.
 *
 * An adapter stores one pointer for each request with `storeRoute(request, framework, pointer)`, as
 * early as it can, and the thrown or rejected error with `storeError(request, error)`. `request` is
 * the raw request of Node, HTTP/1 or HTTP/2. At the end of the request, `../routes.ts` asks the
 * adapter's `templateOf(pointer)` and `errorOf(pointer)`, once.
 *
 * A template that consists of wildcards only is no route: return it as it is, the counts drop it.
 * Where a shape no longer fits, throw or call `countRouteFault()`: the request then falls back to
 * the next way, and `gunicorn_exporter_faults_total{component="route"}` grows.
 */

export const frameworks: readonly Framework[] = [
  ...early,
  ...graphql,
  express,
  koa,
  hapi,
  restify,
  nest,
  findMyWay,
  polka,
  socketIo,
]
