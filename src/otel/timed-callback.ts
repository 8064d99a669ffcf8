import { otelLimits } from '../limits/otel.ts'
import { late, withTimeLimit } from '../support/time-limit.ts'

/** The result object of a callback, of one instrument or of a batch. */
interface ObservableResult {
  readonly observe: (...observation: never[]) => void
}

interface Call {
  readonly end: Promise<void>
  readonly observations: readonly never[][]
}

type Callback<Result> = (result: Result) => void | Promise<void>

/**
 * Limits the time of an observable callback, because the SDK waits for the slowest callback of all.
 * A late call goes on, no second call starts beside the late call, and the next collection gets the
 * values.
 *
 * @throws `late` after `otelLimits.observationTimeoutMs`, and what the callback throws.
 */
export function timedCallback<Result extends ObservableResult>(
  callback: Callback<Result>,
): (result: Result) => Promise<void> {
  let open: Call | undefined
  return async (result) => {
    const limitMs = open ? 0 : otelLimits.observationTimeoutMs
    const call = open ?? started(callback)
    open = call
    const end = await withTimeLimit(call.end, limitMs).catch((error: unknown) => {
      open = undefined
      throw error
    })
    if (end === late) throw late
    open = undefined
    for (const observation of call.observations) result.observe(...observation)
  }
}

function started<Result extends ObservableResult>(callback: Callback<Result>): Call {
  const observations: never[][] = []
  const observe = (...observation: never[]): void => void observations.push(observation)
  // The caller gets a rejection also where the callback throws.
  const end = (async () => await callback({ observe } as Result))()
  return { end, observations }
}
