import type { Stop } from '../../support/stop.ts'
import { errorTypeOf } from '../http/error-type.ts'

/** The last uncaught error of the process. */
export interface FatalError {
  /** The name of the last uncaught error; `aborted` without such an error. */
  readonly errorType: () => string
  readonly stop: Stop
}

export function observeFatalError(): FatalError {
  let errorType = 'aborted'
  const onError = (error: unknown): void => {
    errorType = errorTypeOf(error)
  }
  process.on('uncaughtExceptionMonitor', onError)
  return {
    errorType: () => errorType,
    stop: () => process.off('uncaughtExceptionMonitor', onError),
  }
}

/**
 * Calls back when the process ends, before the present `exit` listeners.
 * @param act receives the name of the last uncaught error; `aborted` without an error.
 */
export function onEnd(act: (errorType: string) => void): Stop {
  const fatal = observeFatalError()
  const onExit = (): void => act(fatal.errorType())
  process.prependListener('exit', onExit)
  return () => {
    fatal.stop()
    process.off('exit', onExit)
  }
}
