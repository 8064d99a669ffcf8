import { channel } from 'node:diagnostics_channel'
import { createServer } from 'node:http'
import { RequestCounts } from '../../src/collect/counts/request-counts.ts'
import { HttpCollector } from '../../src/collect/http/http.ts'
import { routeOptions } from '../../src/collect/route-options.ts'
import { CountMemory } from '../../src/crash-file/memory/count-memory.ts'
import { memoryBytes } from '../../src/crash-file/memory/memory-layout.ts'
import { durationBounds } from '../../src/model/catalog/bounds.ts'
import { answer } from '../support/answer.mjs'
import { requestSettings as settings } from '../support/request/settings.mjs'
import { median } from '../support/statistics.mjs'

/*
 * A server that answers `hello`, and times each call of the hooks of a request. The argument names
 * the hooks: one kind in a process, because V8 optimises for the objects that a process has.
 */

const channels = ['http.server.request.start', 'http.server.response.finish']
const { bigint: now } = process.hrtime
/** Starts and ends, for one burst. */
const most = 8_192

const subjects = {
  'hooks without routes': () => hooksOf({}),
  'hooks, routes and sizes': () => hooksOf(routeOptions(settings)),
  'the same in mapped memory': () => hooksOf(routeOptions(settings), true),
}

const none = [() => {}, () => {}]
const [subject] = process.argv.slice(2)
const own = subjects[subject]()
let hooks = none
const timers = channels.map(timerOf)
const server = createServer({ keepAliveTimeout: 600_000 }, (_request, response) => {
  response.end('hello')
})

answer({
  ready: () =>
    new Promise((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve(server.address().port))
    }),
  /** @param isOn whether the hooks do anything. */
  measure(isOn) {
    hooks = isOn ? own : none
    for (const timer of timers) timer.reset()
  },
  /** The medians of the calls since `measure`, ns. */
  times: () => timers.map((timer) => timer.median()),
})

/** Times the hook of one channel. */
function timerOf(name, index) {
  const times = new Float64Array(most)
  let count = 0
  channel(name).subscribe((message) => {
    const before = now()
    hooks[index](message)
    times[count % most] = Number(now() - before)
    count += 1
  })
  return {
    reset() {
      count = 0
    },
    median: () => median([...times.subarray(0, Math.min(count, most))]),
  }
}

/** The hooks of a collector, without their channels. */
function hooksOf(routes, isMapped = false) {
  const requestCounts = new RequestCounts(durationBounds, routes)
  if (isMapped) {
    const source = { pid: 1, startSeconds: 1, forkNumber: 1 }
    requestCounts.moveTo(new CountMemory(new ArrayBuffer(memoryBytes), source))
  }
  new HttpCollector({ requestCounts, observeServer: () => {} })
  return channels.map((name) => {
    const [hook] = channel(name)._subscribers
    channel(name).unsubscribe(hook)
    return hook
  })
}
