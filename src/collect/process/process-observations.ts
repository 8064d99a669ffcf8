import type { HeapInfo } from 'node:v8'
import { collectLimits } from '../../limits/collect.ts'
import { catalog } from '../../model/catalog/catalog.ts'
import type { Point } from '../../model/metric.ts'
import { startSeconds } from '../../support/process/process-identity.ts'
import { type Stop, stopAll } from '../../support/stop.ts'
import { type Observation, observation } from '../counts/observation.ts'
import { cachedReading } from './cached-reading.ts'
import { cpuMeter } from './cpu.ts'
import { observeDescriptors } from './descriptors.ts'
import { type EventLoopObserver, observeEventLoop } from './event-loop.ts'
import { noGarbageCollections, observeGarbageCollections } from './garbage-collections.ts'

const { getBuiltinModule } = process

export interface ProcessObserver {
  readonly stop: Stop
  /** Every metric except the histogram. */
  readonly observations: readonly Observation[]
  /** The histogram of the event loop's delays. */
  readonly delays: Observation
}

export interface ProcessObserverOptions {
  /** Receives each delay of the event loop, seconds. */
  readonly onDelay?: ((seconds: number) => void) | undefined
  /** Whether garbage collections count. Default: true. */
  readonly countsCollections?: boolean | undefined
  /** Called for an error that would reach the application. Must not throw. */
  readonly onFault?: ((component: string) => void) | undefined
}

/** Observes memory, CPU time, descriptors, garbage collections and the event loop. */
export function observeProcess(options: ProcessObserverOptions = {}): ProcessObserver {
  const { onDelay, countsCollections = true, onFault = () => {} } = options
  const collections = countsCollections
    ? observeGarbageCollections(() => onFault('garbage_collections'))
    : noGarbageCollections
  const eventLoop = observeEventLoop({ onDelay })
  const info = { pid: String(process.pid), node_version: process.version }
  return {
    stop: () => stopAll([collections.stop, eventLoop.stop]),
    delays: observation(catalog.eventLoopDelays, eventLoop.delays),
    observations: [
      ...memoryObservations(),
      observation(catalog.cpu, cpuMeter()),
      { declaration: catalog.cpuSeconds, points: cpuPoints },
      { declaration: catalog.gcCollections, points: collections.counts },
      { declaration: catalog.gcSeconds, points: collections.seconds },
      ...descriptorObservations(),
      observation(catalog.uptime, () => process.uptime()),
      observation(catalog.startTime, () => startSeconds),
      { declaration: catalog.info, points: () => [{ attributes: info, value: 1 }] },
      ...eventLoopObservations(eventLoop),
    ],
  }
}

function eventLoopObservations(eventLoop: EventLoopObserver): Observation[] {
  return [
    observation(catalog.eventLoopUtilization, eventLoop.takeUtilization),
    {
      declaration: catalog.eventLoopSeconds,
      points: () => {
        const { active, idle } = eventLoop.loopSeconds()
        return pair([activeState, active], [idleState, idle])
      },
    },
    observation(catalog.eventLoopDelay, eventLoop.recentDelayMax),
  ]
}

/** Node reads the resident memory with a file descriptor, and fails without a free descriptor. */
function memoryObservations(): Observation[] {
  const usage = cachedReading(() => process.memoryUsage(), collectLimits.memoryReadingMs)
  const heap = cachedReading(heapStatistics, collectLimits.memoryReadingMs)
  return [
    observation(catalog.memory, () => usage().rss),
    observation(catalog.arrayBuffers, () => usage().arrayBuffers),
    observation(catalog.heapUsed, () => heap().used_heap_size),
    observation(catalog.heapTotal, () => heap().total_heap_size),
    observation(catalog.heapLimit, () => heap().heap_size_limit),
    observation(catalog.externalMemory, () => heap().external_memory),
  ]
}

/** Node loads the module with the first report: a server that starts does not wait. */
function heapStatistics(): HeapInfo {
  return getBuiltinModule('node:v8').getHeapStatistics()
}

function descriptorObservations(): Observation[] {
  const descriptors = observeDescriptors()
  const resources = cachedReading(
    () => process.getActiveResourcesInfo().length,
    collectLimits.slowReadingMs,
  )
  return [
    ...(descriptors
      ? [
          observation(catalog.openFds, descriptors.open),
          observation(catalog.maxFds, descriptors.max),
        ]
      : []),
    observation(catalog.activeResources, resources),
  ]
}

// A report recognises a series by its attribute object, which saves time.
const userMode = { mode: 'user' }
const systemMode = { mode: 'system' }
const activeState = { state: 'active' }
const idleState = { state: 'idle' }

function cpuPoints(): Point[] {
  const { user, system } = process.cpuUsage()
  return pair([userMode, user / 1e6], [systemMode, system / 1e6])
}

function pair(...values: readonly [attributes: Point['attributes'], value: number][]): Point[] {
  return values.map(([attributes, value]) => ({ attributes, value }))
}
