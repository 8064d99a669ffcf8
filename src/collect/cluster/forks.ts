import type { ChildProcess } from 'node:child_process'
import type { Cluster, Worker } from 'node:cluster'
import { nextTick } from '../../support/intrinsics/timers.ts'
import { guardedChannel } from '../../support/observe-channel.ts'
import { isLoaded } from '../../support/process/is-loaded.ts'
import type { Stop } from '../../support/stop.ts'

// Taken now: an application may replace the function later.
const { getBuiltinModule } = process

/** Calls back once, at the next fork of a cluster worker by this process. */
export function onFirstFork(act: (cluster: Cluster) => void): Stop {
  let isDone = false
  const stopForks = onFork(
    (_worker, cluster) => {
      if (isDone) return
      stop()
      act(cluster)
    },
    () => {},
  )
  const stop = (): void => {
    isDone = true
    stopForks()
  }
  return stop
}

/**
 * Calls back for each live worker now, and for each later fork before the first message of the
 * worker. Adds no listener: an application can remove listeners of `cluster`.
 * @param onFault called if `act` throws. The error never reaches the application.
 */
export function observeForks(
  cluster: Cluster,
  act: (worker: Worker) => void,
  onFault: () => void,
): Stop {
  const stop = onFork((worker) => act(worker), onFault)
  const known = Object.values(cluster.workers ?? {})
  guard(() => {
    for (const worker of known) if (worker) act(worker)
  }, onFault)
  return stop
}

/** @param act can be called with a worker that `cluster` has listed before. */
function onFork(act: (worker: Worker, cluster: Cluster) => void, onFault: () => void): Stop {
  const find = (child: ChildProcess): void => {
    const cluster = nodeCluster()
    const worker = workerOf(child, cluster)
    if (worker) act(worker, cluster)
  }
  const observe = guardedChannel(onFault)
  return observe('child_process', ({ process: child }: { process: ChildProcess }) => {
    // The channel publishes every child process. Without `cluster`, the child is no worker.
    if (!isLoaded('cluster')) return
    // `cluster` lists a worker right after the spawn, and emits 'fork' in a later tick.
    nextTick(() => guard(() => find(child), onFault))
  })
}

function guard(act: () => void, onFault: () => void): void {
  try {
    act()
  } catch {
    onFault()
  }
}

/** The `cluster` module if this process has live workers; otherwise undefined. */
export function primaryCluster(): Cluster | undefined {
  if (!isLoaded('cluster')) return undefined
  const cluster = nodeCluster()
  return Object.keys(cluster.workers ?? {}).length > 0 ? cluster : undefined
}

function workerOf(child: ChildProcess, { workers }: Cluster): Worker | undefined {
  return Object.values(workers ?? {}).find((worker) => worker?.process === child)
}

/** The `cluster` module if this process is a cluster worker; otherwise undefined. */
export function workerCluster(): Cluster | undefined {
  // A worker loads `cluster` before any preload. Loading `cluster` in other processes breaks some
  // hosts, for example Passenger.
  if (!isLoaded('cluster')) return undefined
  const cluster = nodeCluster()
  return cluster.isWorker ? cluster : undefined
}

/** The pid of the cluster's primary. A process that is no worker counts as its own primary. */
export function primaryPid(): number {
  return workerCluster() ? process.ppid : process.pid
}

function nodeCluster(): Cluster {
  return getBuiltinModule('node:cluster') as unknown as Cluster
}
