import { collectLimits } from '../../limits/collect.ts'
import type { UncaughtError } from '../../model/death.ts'
import { monotonicNow } from '../../support/intrinsics/monotonic-now.ts'
import { guardedListener } from '../../support/listeners/guarded-listener.ts'
import { keepFirstListener, keepListener } from '../../support/listeners/kept-listener.ts'
import type { Stop } from '../../support/stop.ts'
import { type DescribeErrorOptions, describeError } from './uncaught-error.ts'

/** The uncaught errors of the process. */
export interface UncaughtErrors {
  /**
   * The last uncaught error of the last `collectLimits.errorToEndMs`. An earlier error did not end
   * the process: the application survived the error.
   */
  readonly last: () => UncaughtError | undefined
  readonly stop: Stop
}

/** @param now the clock, milliseconds; default: `monotonicNow()`. */
export function observeUncaughtErrors(
  options: DescribeErrorOptions = nothingSecret,
  now: () => number = () => monotonicNow(),
): UncaughtErrors {
  let last: { readonly error: UncaughtError; readonly at: number } | undefined
  const onError = (value: unknown): void => {
    try {
      last = { error: describeError(value, options), at: now() }
    } catch {
      // An error of this listener would end a process that handles its own errors.
    }
  }
  return {
    last: () => (last && now() - last.at <= collectLimits.errorToEndMs ? last.error : undefined),
    stop: keepListener(process, 'uncaughtExceptionMonitor', onError),
  }
}

/**
 * Calls back when the process ends, before the present `exit` listeners.
 * @param act receives the name of the last uncaught error; `aborted` without an error.
 */
export function onEnd(act: (errorType: string) => void): Stop {
  const errors = observeUncaughtErrors()
  // The process ends: no metric could show a fault.
  const listen = guardedListener(() => {}, keepFirstListener)
  const onExit = (): void => act(errors.last()?.name ?? 'aborted')
  const stopExit = listen(process, 'exit', onExit)
  return () => {
    errors.stop()
    stopExit()
  }
}

const nothingSecret: DescribeErrorOptions = { showsMessage: false, withoutSecrets: (text) => text }
