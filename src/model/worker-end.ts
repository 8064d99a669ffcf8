import type { EndCause } from './worker-cause.ts'

export type RestartType = 'graceful' | 'forced' | 'crash'
export type EndState = 'quit' | 'abort' | 'error'

/** The end of a worker, in the label values of the metrics. */
export interface WorkerEnd {
  readonly reason: string
  readonly restartType: RestartType
  readonly state: EndState
}

/**
 * Signals by which an operator ends a worker. A library that cleans up at such a signal, for
 * example `signal-exit`, sends the signal again at the end.
 */
export const endingSignals: ReadonlySet<string> = new Set([
  'SIGTERM',
  'SIGINT',
  'SIGQUIT',
  'SIGHUP',
])

/** Exit codes for the same signals: a program that ends by `process.exit()` adds 128. */
const endingCodes: ReadonlySet<number> = new Set([143, 130, 131, 129])

const crashSignals = new Set(['sigbus', 'sigfpe', 'sigill', 'sigsegv', 'sigtrap'])

/** Whether a process sends this signal to itself at a crash: SIGSEGV, or SIGABRT of `abort()`. */
export function isSignalOfCrash(signal: string): boolean {
  return signal === 'SIGABRT' || crashSignals.has(signal.toLowerCase())
}

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
  if (cause === 'oom' || cause === 'heap') {
    return { reason: cause, restartType: 'crash', state: 'abort' }
  }
  // The master needs SIGABRT or SIGKILL here. The cause is still the timeout.
  if (cause === 'timeout') return { reason: cause, restartType: 'forced', state: 'abort' }
  const isAnswer = signal === null ? endingCodes.has(code ?? 0) : endingSignals.has(signal)
  if (isAnswer) return { reason: cause, restartType: 'graceful', state: 'quit' }
  const isGraceful = end.restartType === 'graceful'
  return { reason: cause, restartType: isGraceful ? 'graceful' : 'forced', state: end.state }
}

function ownEnd(code: number | null, signal: string | null): WorkerEnd {
  if (signal) {
    const reason = signal.toLowerCase()
    // The label values of the Python package, for a signal from outside and for `abort()`.
    if (reason === 'sigabrt') return { reason: 'abort', restartType: 'forced', state: 'abort' }
    if (crashSignals.has(reason)) return { reason, restartType: 'crash', state: 'abort' }
    if (reason === 'sigkill') return { reason, restartType: 'forced', state: 'abort' }
    return { reason, restartType: 'forced', state: 'quit' }
  }
  if (code === 0) return { reason: 'exit', restartType: 'graceful', state: 'quit' }
  return { reason: 'error', restartType: 'crash', state: 'error' }
}

/** Ends whose series start at 0, so that `rate()` sees the first end. */
export const expectedEnds: readonly WorkerEnd[] = [
  workerEnd(0, null),
  workerEnd(1, null),
  workerEnd(0, null, 'quit'),
  workerEnd(null, 'SIGABRT'),
  workerEnd(null, 'SIGTERM'),
  workerEnd(null, 'SIGKILL'),
]
