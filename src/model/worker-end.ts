import type { EndCause } from './worker-cause.ts'

export type RestartType = 'graceful' | 'forced' | 'crash'
export type EndState = 'quit' | 'abort' | 'error'

/** The end of a worker, in the label values of the metrics. */
export interface WorkerEnd {
  readonly reason: string
  readonly restartType: RestartType
  readonly state: EndState
}

/** Reasons whose series start at 0, so that `rate()` sees the first end. */
export const expectedReasons = ['exit', 'error', 'sigterm', 'sigkill'] as const

const crashSignals = new Set(['sigabrt', 'sigbus', 'sigfpe', 'sigill', 'sigsegv', 'sigtrap'])

/**
 * @param code exit code; null when a signal ended the worker.
 * @param signal for example `SIGKILL`.
 */
export function workerEnd(
  code: number | null,
  signal: string | null,
  cause?: EndCause | undefined,
): WorkerEnd {
  const end = ownEnd(code, signal)
  if (cause === undefined) return end
  if (cause === 'oom') return { reason: cause, restartType: 'crash', state: 'abort' }
  // The master needs SIGABRT or SIGKILL here. The cause is still the timeout.
  if (cause === 'timeout') return { reason: cause, restartType: 'forced', state: 'abort' }
  const restartType = end.restartType === 'graceful' ? 'graceful' : 'forced'
  return { reason: cause, restartType, state: end.state }
}

function ownEnd(code: number | null, signal: string | null): WorkerEnd {
  if (signal) {
    const reason = signal.toLowerCase()
    if (crashSignals.has(reason)) return { reason, restartType: 'crash', state: 'abort' }
    if (reason === 'sigkill') return { reason, restartType: 'forced', state: 'abort' }
    return { reason, restartType: 'forced', state: 'quit' }
  }
  if (code === 0) return { reason: 'exit', restartType: 'graceful', state: 'quit' }
  return { reason: 'error', restartType: 'crash', state: 'error' }
}
