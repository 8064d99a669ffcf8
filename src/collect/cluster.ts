import type { ChildProcess } from 'node:child_process'
import type { Cluster, Worker } from 'node:cluster'
import { limits } from '../limits.ts'
import type { ClusterEvent } from '../relay/cluster-event.ts'
import { type Stop, stopAll } from './stop.ts'

export interface ClusterOptions {
  readonly onEvent: (event: ClusterEvent) => void
  /** Called for every forked worker before it can say a word. */
  readonly onWorker: (age: number, child: ChildProcess) => void
  readonly onFault: (part: string) => void
}

interface Ending {
  readonly code: number | null
  readonly signal: string | null
}

/** Tells what the primary sees of its workers' lives. Listens on `cluster` only: no worker is changed. */
export function observeCluster(cluster: Cluster, options: ClusterOptions): Stop {
  const { onEvent, onWorker, onFault } = options
  // Bounded by the live workers, and by limits.retirementPatienceMs beyond their end.
  const endings = new Map<number, Ending>()
  const disconnected = new Set<number>()

  function forked(worker: Worker): void {
    onWorker(worker.id, worker.process)
    onEvent({ kind: 'forked', age: worker.id, at: Date.now(), pid: worker.process.pid ?? 0 })
  }

  function leaving(worker: Worker): void {
    disconnected.add(worker.id)
    if (endings.has(worker.id)) return retire(worker)
    onEvent({ kind: 'leaving', age: worker.id, at: Date.now() })
  }

  function exited(worker: Worker, code: number | null, signal: string | null): void {
    endings.set(worker.id, { code, signal })
    // Messages still in the channel arrive before 'disconnect'; Node 24 fires it after 'exit'.
    if (disconnected.has(worker.id) || !worker.process.connected) return retire(worker)
    setTimeout(() => retire(worker), limits.retirementPatienceMs).unref()
  }

  function retire(worker: Worker): void {
    const ending = endings.get(worker.id)
    if (!ending) return
    endings.delete(worker.id)
    disconnected.delete(worker.id)
    const voluntary = worker.exitedAfterDisconnect === true
    onEvent({ kind: 'ended', age: worker.id, at: Date.now(), ...ending, voluntary })
  }

  const stops: Stop[] = []
  listen('fork', forked)
  listen('listening', (worker) => onEvent({ kind: 'listening', age: worker.id }))
  listen('disconnect', leaving)
  listen('exit', exited)
  return () => stopAll(stops)

  function listen(
    event: string,
    act: (worker: Worker, code: number | null, signal: string | null) => void,
  ): void {
    const listener = (worker: Worker, code: number | null, signal: string | null): void => {
      try {
        act(worker, code, signal)
      } catch {
        onFault(`cluster ${event}`)
      }
    }
    cluster.on(event, listener)
    stops.push(() => cluster.off(event, listener))
  }
}
