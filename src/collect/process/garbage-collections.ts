import {
  constants,
  type PerformanceEntry,
  PerformanceObserver,
  type PerformanceObserverEntryList,
} from 'node:perf_hooks'
import { collectLimits } from '../../limits/collect.ts'
import type { Point } from '../../model/metric.ts'
import { isRecord } from '../../support/guards.ts'
import type { Stop } from '../../support/stop.ts'

/** The kinds of V8 by Node's numbers, with the names of Prometheus's client for Node. */
const kinds: ReadonlyMap<unknown, string> = new Map([
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
  [constants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weakcb'],
])

/** Garbage collections of a kind. */
interface Collections {
  readonly attributes: { readonly kind: string }
  count: number
  seconds: number
}

/** No garbage collection is observed: Node then does no work for any. */
export const noGarbageCollections: GarbageCollections = {
  stop: () => {},
  counts: () => [],
  seconds: () => [],
}

export interface GarbageCollections {
  readonly stop: Stop
  /** Collections by kind. Each kind has a point from the start. Empty beside `node:domain`. */
  readonly counts: () => Point[]
  /** Seconds by kind. */
  readonly seconds: () => Point[]
}

/**
 * Counts the garbage collections of the main thread. Node calls the observer by an immediate. In
 * a program that uses a `domain`, Node prints a warning for an immediate, so nothing is counted.
 * The observer keeps the entries for the next read: a busy server collects garbage every few
 * milliseconds, and reading each entry at once takes twice the CPU time.
 * @param onFault called if an entry cannot be read. The error never reaches the application.
 */
export function observeGarbageCollections(onFault: () => void = () => {}): GarbageCollections {
  const collections = new Map<unknown, Collections>(
    Array.from(kinds, ([number, kind]) => [number, { attributes: { kind }, count: 0, seconds: 0 }]),
  )

  function add(entry: PerformanceEntry): void {
    const known = collections.get(kindOf(entry))
    if (!known) return
    known.count += 1
    known.seconds += entry.duration / 1_000
  }

  let unread: PerformanceObserverEntryList[] = []

  function readAll(): void {
    const lists = unread
    unread = []
    for (const list of lists) for (const entry of list.getEntries()) add(entry)
  }

  const observer = new PerformanceObserver((list) => {
    try {
      unread[unread.length] = list
      if (unread.length >= collectLimits.unreadCollections) readAll()
    } catch {
      onFault()
    }
  })
  if (!hasDomains()) observer.observe({ entryTypes: ['gc'] })

  function points(value: (each: Collections) => number): Point[] {
    if (hasDomains()) {
      observer.disconnect()
      return []
    }
    // Node passes entries to the observer in a later turn of the event loop.
    readAll()
    for (const entry of observer.takeRecords()) add(entry)
    return Array.from(collections.values(), (each) => ({
      attributes: each.attributes,
      value: value(each),
    }))
  }

  return {
    stop: () => observer.disconnect(),
    counts: () => points(({ count }) => count),
    seconds: () => points(({ seconds }) => seconds),
  }
}

/** Node's number. The types of Node leave out the field of some entries. */
function kindOf(entry: PerformanceEntry): unknown {
  const detail: unknown = Reflect.get(entry, 'detail')
  return isRecord(detail) ? detail['kind'] : undefined
}

/** Whether `node:domain` is loaded. The module replaces a property of `process`. */
function hasDomains(): boolean {
  return Object.getOwnPropertyDescriptor(process, 'domain')?.get !== undefined
}
