import { logLimits } from '../limits/log.ts'
import type { Standstill } from './hang.ts'
import { printableLine } from './text/printable.ts'
import { endingSignals, type RestartType } from './worker-end.ts'

/** Facts about an ended worker. Null: the worker died before it reported the value. */
export interface Death {
  readonly workerId: string
  readonly pid: number | null
  readonly reason: string
  /** `probable`: the exporter infers the reason from the figures of the system or the worker. */
  readonly certainty: 'certain' | 'probable'
  readonly restartType: RestartType
  /** Null when a signal ended the worker. */
  readonly exitCode: number | null
  readonly signal: string | null
  /** Time from the fork to the end. */
  readonly ageSeconds: number
  /** From the last report, as are the values that follow. Of a hung worker, from the kernel. */
  readonly requests: number | null
  readonly memoryBytes: number | null
  readonly cpuPercent: number | null
  readonly eventLoopDelayMaxSeconds: number | null
  /** Age of the last report at the end. */
  readonly reportAgeSeconds: number | null
  /** The uncaught error that ended the worker. Null: the worker told no error. */
  readonly error: UncaughtError | null
  /** The standstill in which the worker ended. Null: the worker reported until its end. */
  readonly hang: Standstill | null
  /** ISO 8601, UTC. */
  readonly endedAt: string
}

/** The uncaught error that ended a process. All texts are bounded, and contain no secrets. */
export interface UncaughtError {
  /** The class; the `code` of an error of Node; for a value that is no error, its type. */
  readonly name: string
  /** Null: the setting `error_messages` is off. */
  readonly message: string | null
  /** Empty for a value that is no error. */
  readonly stack: string
}

/** Level of the log line: only a graceful end is no reason for a warning. */
export function deathLevel({ restartType }: Death): 'info' | 'warning' {
  return restartType === 'graceful' ? 'info' : 'warning'
}

/**
 * Whether the end concerns the operator: a crash, or a signal that gives the worker no time. An
 * operator or a service manager sends the other signals to end the worker.
 */
export function isAbnormal({ restartType, signal }: Death): boolean {
  if (restartType === 'graceful') return false
  return restartType === 'crash' || signal === null || !endingSignals.has(signal)
}

/** How a process ended: the name of the signal, or the exit code. */
export function endText({ signal, exitCode }: Pick<Death, 'signal' | 'exitCode'>): string {
  return signal ?? `code ${exitCode ?? 'unknown'}`
}

/** The log line about a death. */
export function deathText(death: Death): string {
  const { workerId, pid, reason, certainty, restartType } = death
  const { reportAgeSeconds } = death
  const end = endText(death)
  const how = certainty === 'certain' ? end : `${end}, ${certainty}`
  const worker = pid === null ? workerId : `${workerId} (pid:${pid})`
  const parts = [`after ${seconds(death.ageSeconds)}`, ...hangTexts(death), ...lastValues(death)]
  const report =
    reportAgeSeconds === null
      ? 'no report'
      : `last report ${seconds(reportAgeSeconds)} before the end`
  const facts = `${reason} (${restartType}, ${how}) ${parts.join(', ')}; ${report}`
  const heldBy = death.hang?.heldBy ?? null
  const held = heldBy === null ? '' : `; held by ${heldBy}`
  const error = death.error ? `; ${thrownText(death.error)}` : ''
  return `Worker ${worker} ended: ${facts}${held}${error}`
}

/** The facts of the log line, for logs of JSON. */
export interface DeathFields
  extends Pick<Death, 'workerId' | 'reason' | 'certainty' | 'restartType' | 'exitCode' | 'signal'>,
    Pick<Death, 'ageSeconds' | 'requests' | 'memoryBytes'>,
    Record<string, string | number | null | undefined> {
  readonly workerPid: number | null
  readonly hangState: string | undefined
  readonly hangSeconds: number | undefined
  readonly heldBy: string | undefined
  readonly errorName: string | undefined
  readonly errorMessage: string | null | undefined
}

export function deathFields(death: Death): DeathFields {
  const { workerId, reason, certainty, restartType, exitCode, signal, error } = death
  const { ageSeconds, requests, memoryBytes } = death
  return {
    workerId,
    workerPid: death.pid,
    reason,
    certainty,
    restartType,
    exitCode,
    signal,
    ageSeconds,
    requests,
    memoryBytes,
    hangState: death.hang?.state,
    hangSeconds: death.hang?.seconds,
    heldBy: death.hang?.heldBy ?? undefined,
    errorName: error?.name,
    errorMessage: error === null ? undefined : error.message && lineOf(error.message),
  }
}

/** What was thrown, on one line. */
export function thrownText(error: Pick<UncaughtError, 'name' | 'message'>): string {
  const message = lineOf(error.message ?? '')
  const name = thrownTypes.get(error.name) ?? lineOf(error.name)
  const isWhole = message === '' || error.name === 'null' || error.name === 'undefined'
  return isWhole ? name : `${name}: ${message}`
}

/** The names of thrown values that are no errors. */
const thrownTypes: ReadonlyMap<string, string> = new Map([
  ['null', 'threw null'],
  ['undefined', 'threw undefined'],
  ['string', 'threw a string'],
  ['number', 'threw a number'],
  ['bigint', 'threw a bigint'],
  ['boolean', 'threw a boolean'],
  ['symbol', 'threw a symbol'],
  ['object', 'threw an object'],
  ['function', 'threw a function'],
])

/** The first characters on one line. */
function lineOf(text: string): string {
  const { shownChars } = logLimits
  // A character outside the basic plane has two units.
  const start = [...text.slice(0, 2 * shownChars)].slice(0, shownChars).join('')
  return printableLine(start)
}

function hangTexts({ hang }: Death): string[] {
  if (!hang) return []
  return [`${hang.state === 'stopped' ? 'stopped' : 'hung'} for ${seconds(hang.seconds)}`]
}

function lastValues(death: Death): string[] {
  const { requests, memoryBytes, cpuPercent, eventLoopDelayMaxSeconds } = death
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
