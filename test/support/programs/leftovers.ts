import { createHook } from 'node:async_hooks'
import diagnosticsChannel from 'node:diagnostics_channel'
import type { EventEmitter } from 'node:events'

/** The channels that any part of the package may listen to. */
const channels = [
  'http.server.request.start',
  'http.server.response.finish',
  'child_process',
  'tracing:net.server.listen:asyncStart',
  'net.server.socket',
]

/** The global objects of the process that can hold listeners or properties of the package. */
export function traces(emitters: Readonly<Record<string, EventEmitter>> = {}): object {
  return {
    ...Object.fromEntries(
      Object.entries({ process, ...emitters }).map(([name, emitter]) => [name, listeners(emitter)]),
    ),
    channels: channels.filter((name) => diagnosticsChannel.channel(name).hasSubscribers),
    // The package wraps this method to observe signals.
    emit: Object.hasOwn(Object.getPrototypeOf(process), 'emit'),
    disconnect: process.disconnect,
  }
}

function listeners(emitter: EventEmitter): object {
  const counts = emitter.eventNames().map((name) => [String(name), emitter.listenerCount(name)])
  return Object.fromEntries(counts.sort())
}

/** Counts the running timers that started after the call. */
export function watchTimers(): { readonly running: () => number; readonly stop: () => void } {
  const running = new Set<number>()
  const hook = createHook({
    init(id, type) {
      if (type === 'Timeout') running.add(id)
    },
    destroy(id) {
      running.delete(id)
    },
  }).enable()
  return { running: () => running.size, stop: () => hook.disable() }
}
