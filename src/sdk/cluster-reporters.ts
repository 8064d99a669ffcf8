import type { Stop } from '../support/stop.ts'

/** Exports all metrics of this process's cluster workers. */
interface ClusterReporter {
  /** Whether the process has forked a worker since the registration. */
  readonly hasForked: boolean
}

const reporters = new Set<ClusterReporter>()

/** Registers a reporter. `GunicornInstrumentation` then leaves the cluster to the reporter. */
export function registerReporter(reporter: ClusterReporter): Stop {
  reporters.add(reporter)
  return () => reporters.delete(reporter)
}

/** Whether a reporter exports the workers of this process, or waits for the first worker. */
export function hasAnyReporter(): boolean {
  return reporters.size > 0
}

/** Whether a reporter exports at least one forked worker. */
export function hasReporter(): boolean {
  return [...reporters].some(({ hasForked }) => hasForked)
}
