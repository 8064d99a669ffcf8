import { nodeClock } from '../../support/clock.ts'
import { messageOf } from '../../support/error-message.ts'

export interface Race<Candidate, Result> {
  readonly attempt: (candidate: Candidate) => Promise<Result>
  /** Called with the result of an attempt that succeeds too late. */
  readonly discard: (result: Result) => void
  /** The next attempt starts after this time, or when an attempt fails, milliseconds. */
  readonly staggerMs: number
}

/**
 * The result of the first attempt that succeeds. A server that is silent delays the next attempt by
 * `staggerMs` alone.
 * @throws where all attempts fail: the last error.
 */
export async function firstSuccess<Candidate, Result>(
  candidates: readonly Candidate[],
  { attempt, discard, staggerMs }: Race<Candidate, Result>,
): Promise<Result> {
  let started = 0
  let failures = 0
  let hasEnded = false
  return await new Promise((resolve, reject) => {
    const succeed = (result: Result): void => {
      if (hasEnded) discard(result)
      hasEnded = true
      resolve(result)
    }
    const fail = (error: unknown): void => {
      failures += 1
      if (failures === candidates.length) reject(lastOf(error, failures))
      else startNext()
    }
    const startNext = (): void => {
      const candidate = candidates[started]
      if (hasEnded || candidate === undefined) return
      started += 1
      const cancel = nodeClock.after(staggerMs, startNext)
      attempt(candidate).then(succeed, fail).finally(cancel)
    }
    startNext()
  })
}

function lastOf(error: unknown, failures: number): unknown {
  if (failures === 1) return error
  const others = failures === 2 ? '1 other server fails' : `${failures - 1} other servers fail`
  return new Error(`${messageOf(error)}; ${others} too`, { cause: error })
}
