import type { Stop } from '../../support/stop.ts'
import { errorTypeOf } from '../http/error-type.ts'

/**
 * Calls back when the process ends, before the listeners that are there now, with the name of the error that ends
 * it; `aborted` where there was none.
 */
export function onEnd(act: (errorType: string) => void): Stop {
  let errorType = 'aborted'
  const onError = (error: unknown): void => {
    errorType = errorTypeOf(error)
  }
  const onExit = (): void => act(errorType)
  process.on('uncaughtExceptionMonitor', onError)
  process.prependListener('exit', onExit)
  return () => {
    process.off('uncaughtExceptionMonitor', onError)
    process.off('exit', onExit)
  }
}
