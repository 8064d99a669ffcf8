import type { RestartType } from './worker-end.ts'

/** What is known of a worker that ended. Null is what it did not live to tell. */
export interface Death {
  readonly workerId: string
  readonly pid: number | null
  readonly reason: string
  readonly restartType: RestartType
  /** Null when a signal ended the worker. */
  readonly exitCode: number | null
  readonly signal: string | null
  /** How long it lived. */
  readonly ageSeconds: number
  /** From here on: what its last report said, and how old that report was at the end. */
  readonly requests: number | null
  readonly memoryBytes: number | null
  readonly cpuPercent: number | null
  readonly eventLoopDelayMaxSeconds: number | null
  readonly reportAgeSeconds: number | null
  /** ISO 8601, UTC. */
  readonly endedAt: string
}

/** How loud a death is to be told: only a graceful end is what somebody wanted. */
export function deathLevel({ restartType }: Death): 'info' | 'warning' {
  return restartType === 'graceful' ? 'info' : 'warning'
}

/** The one line of a log on this death. */
export function deathText(death: Death): string {
  const { workerId, pid, reason, restartType, exitCode, signal, reportAgeSeconds } = death
  const how = signal ?? `code ${exitCode ?? 'unknown'}`
  const who = pid === null ? workerId : `${workerId} (pid:${pid})`
  const parts = [`after ${seconds(death.ageSeconds)}`, ...figures(death)]
  const report =
    reportAgeSeconds === null
      ? 'it never reported'
      : `last report ${seconds(reportAgeSeconds)} before`
  return `Worker ${who} ended: ${reason} (${restartType}, ${how}) ${parts.join(', ')}; ${report}`
}

function figures({ requests, memoryBytes, cpuPercent, eventLoopDelayMaxSeconds }: Death): string[] {
  const texts = [
    requests === null ? undefined : `${requests} ${requests === 1 ? 'request' : 'requests'}`,
    memoryBytes === null ? undefined : `${(memoryBytes / bytesPerMebibyte).toFixed(1)} MiB`,
    cpuPercent === null ? undefined : `CPU ${cpuPercent.toFixed(1)} %`,
    eventLoopDelayMaxSeconds === null
      ? undefined
      : `event loop delay up to ${seconds(eventLoopDelayMaxSeconds)}`,
  ]
  return texts.filter((text) => text !== undefined)
}

const bytesPerMebibyte = 1_048_576

function seconds(count: number): string {
  return `${Number(count.toFixed(3))} s`
}
