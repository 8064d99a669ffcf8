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
 * The web frameworks whose routes and errors this package knows. One file or folder per framework;
 * the head of the file names the versions. `hooks/` has the interface of an adapter and the ways
 * into an application. Choose the first of these ways that the framework allows: the ways are in
 * the order of their price.
 *
 *   fields
 *     The framework leaves the route on the request. `fields` reads the route at the request's end.
 *   channel
 *     The framework publishes on a diagnostics channel. `subscribe` runs before the application
 *     loads. Add the framework to `early-frameworks.ts`.
 *   prototype
 *     A method of a CommonJS module sees the request. `modules` wraps the method when a server
 *     starts to listen (`wrapMethod`). Bundled frameworks have no such module.
 *   listener
 *     The listener of a server is an application, which leads to the classes of the framework, also
 *     in a bundle. `listener` gets the application when the server starts to listen.
 *   source
 *     A module keeps the route in private fields. `sources` changes the module when the application
 *     loads the module, and `onCall` takes the calls. Add the framework to `early-frameworks.ts`.
 *
 * An adapter stores one pointer for each request with `storeRoute(request, framework, pointer)`, as
 * early as possible. `storeError(request, error)` stores the thrown or rejected error. `request` is
 * the raw request of Node, HTTP/1 or HTTP/2. At the end of the request, `../routes.ts` calls
 * `templateOf(pointer)` and `errorOf(pointer)` of the adapter, once.
 *
 * Return also a template that consists of wildcards only: the counts drop such a template. If the
 * framework has an unknown form, throw or call `countRouteFault()`. The request then gets its route
 * from the next place, and `gunicorn_exporter_faults_total{component="route"}` grows.
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
