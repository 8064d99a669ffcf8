import type { ChildProcess } from 'node:child_process'
import type { Cluster } from 'node:cluster'
import { observeChannel } from '../../support/observe-channel.ts'
import type { Stop } from '../../support/stop.ts'

/** Calls back once, at the next fork of a cluster worker by this process. */
export function onFirstFork(act: (cluster: Cluster) => void): Stop {
  let isDone = false
  const unsubscribe = observeChannel('child_process', (message: { process: ChildProcess }) => {
    // The channel publishes every child process. Without `cluster`, the child is no worker.
    if (!isLoaded('cluster')) return
    const { process: child } = message
    // `cluster` lists a worker right after the spawn, and emits 'fork' in a later tick.
    process.nextTick(() => {
      const cluster = nodeCluster()
      if (isDone || !isWorker(child, cluster)) return
      stop()
      act(cluster)
    })
  })
  const stop = (): void => {
    isDone = true
    unsubscribe()
  }
  return stop
}

/** The `cluster` module if this process has live workers; otherwise undefined. */
export function primaryCluster(): Cluster | undefined {
  if (!isLoaded('cluster')) return undefined
  const cluster = nodeCluster()
  return Object.keys(cluster.workers ?? {}).length > 0 ? cluster : undefined
}

function isWorker(child: ChildProcess, { workers }: Cluster): boolean {
  return Object.values(workers ?? {}).some((worker) => worker?.process === child)
}

/** The `cluster` module if this process is a cluster worker; otherwise undefined. */
export function workerCluster(): Cluster | undefined {
  // A worker loads `cluster` before any preload. Loading `cluster` in other processes breaks some
  // hosts, for example Passenger.
  if (!isLoaded('cluster')) return undefined
  const cluster = nodeCluster()
  return cluster.isWorker ? cluster : undefined
}

function isLoaded(name: string): boolean {
  const modules: readonly string[] | undefined = Reflect.get(process, 'moduleLoadList')
  return modules?.includes(`NativeModule ${name}`) ?? true
}

function nodeCluster(): Cluster {
  return process.getBuiltinModule('node:cluster') as unknown as Cluster
}
