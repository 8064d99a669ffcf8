import type { Cluster } from 'node:cluster'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Stop } from '../stop.ts'

/** Calls back once, just before this process forks its first cluster worker. */
export function onFirstFork(act: (cluster: Cluster) => void): Stop {
  const channel = 'child_process'
  const listener = (): void => {
    // A child process of any kind: it is a worker only if the application has `cluster` at all.
    if (!isLoaded('cluster')) return
    stop()
    act(nodeCluster())
  }
  const stop = (): void => {
    unsubscribe(channel, listener)
  }
  subscribe(channel, listener)
  return stop
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
