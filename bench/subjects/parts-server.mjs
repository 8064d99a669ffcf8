import diagnostics from 'node:diagnostics_channel'
import { createServer } from 'node:http'
import { RequestCounts } from '../../src/collect/counts/request-counts.ts'
import { HttpCollector } from '../../src/collect/http/http.ts'
import { observeEventLoop } from '../../src/collect/process/event-loop.ts'
import { observeGarbageCollections } from '../../src/collect/process/garbage-collections.ts'
import { routeOptions } from '../../src/collect/route-options.ts'
import { durationBounds } from '../../src/model/catalog/bounds.ts'
import { answer } from '../support/answer.mjs'
import { requestSettings as settings } from '../support/request/settings.mjs'

/*
 * A server that answers `hello`, and whose observers can be switched on and off while it runs. The
 * observers are those of the preload, from the sources.
 */

const channels = ['http.server.request.start', 'http.server.response.finish']

/** Each function switches a part on, and returns how to switch the part off. */
const parts = {
  nothing: () => () => {},
  channels: switchOf(channels.map((name) => [name, () => {}])),
  hooks: switchOf(collectorOf({})),
  'hooks and routes': switchOf(collectorOf(routeOptions({ ...settings, httpBodySizes: false }))),
  'hooks, routes and sizes': switchOf(collectorOf(routeOptions(settings))),
  collections: () => observeGarbageCollections().stop,
  delays: () => observeEventLoop().stop,
}

let off = () => {}
const server = createServer({ keepAliveTimeout: 600_000 }, (_request, response) => {
  response.end('hello')
})

answer({
  on(part) {
    off = parts[part]()
  },
  off: () => off(),
  ready: () =>
    new Promise((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve(server.address().port))
    }),
})

function switchOf(listeners) {
  return () => {
    for (const [name, listener] of listeners) diagnostics.subscribe(name, listener)
    return () => {
      for (const [name, listener] of listeners) diagnostics.unsubscribe(name, listener)
    }
  }
}

/**
 * The listeners of one collector. A collector for each burst would leave a key on each socket. No
 * process has such sockets.
 */
function collectorOf(options) {
  const requestCounts = new RequestCounts(durationBounds, options)
  new HttpCollector({ requestCounts, observeServer: () => {} })
  const listeners = channels.map((name) => [name, diagnostics.channel(name)._subscribers[0]])
  for (const [name, listener] of listeners) diagnostics.unsubscribe(name, listener)
  return listeners
}
