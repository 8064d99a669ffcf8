import type { ChildProcess } from 'node:child_process'
import type { Cluster } from 'node:cluster'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Stop } from '../../support/stop.ts'

/** Calls back once, when this process has forked its first cluster worker and nobody was told yet. */
export function onFirstFork(act: (cluster: Cluster) => void): Stop {
  const channel = 'child_process'
  let isDone = false
  const listener = (message: unknown): void => {
    // A child process of any kind; without `cluster` it is no worker.
    if (!isLoaded('cluster')) return
    const { process: child } = message as { process: ChildProcess }
    // `cluster` notes its workers right after it has spawned them, and emits 'fork' in a later tick than this.
    process.nextTick(() => {
      const cluster = nodeCluster()
      if (isDone || !isWorker(child, cluster)) return
      stop()
      act(cluster)
    })
  }
  const stop = (): void => {
    isDone = true
    unsubscribe(channel, listener)
  }
  subscribe(channel, listener)
  return stop
}

/** The `cluster` module in a process that has forked workers already; undefined in any other. */
export function primaryCluster(): Cluster | undefined {
  if (!isLoaded('cluster')) return undefined
  const cluster = nodeCluster()
  return Object.keys(cluster.workers ?? {}).length > 0 ? cluster : undefined
}

function isWorker(child: ChildProcess, { workers }: Cluster): boolean {
  return Object.values(workers ?? {}).some((worker) => worker?.process === child)
}

/** The `cluster` module in a process that is a cluster worker; undefined in any other. */
export function workerCluster(): Cluster | undefined {
  // Node loads it in workers before any preload; asking for it elsewhere breaks some hosts (Passenger).
  if (!isLoaded('cluster')) return undefined
  const cluster = nodeCluster()
  return cluster.isWorker ? cluster : undefined
}

function isLoaded(name: string): boolean {
  const { moduleLoadList } = process as { moduleLoadList?: readonly string[] }
  return moduleLoadList?.includes(`NativeModule ${name}`) ?? true
}

function nodeCluster(): Cluster {
  return process.getBuiltinModule('node:cluster') as unknown as Cluster
}
