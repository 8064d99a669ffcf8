export interface FailureChangeHandlers<Failure> {
  /** Called with the first failure after a success, or the first failure of all. */
  readonly onFailing: (failure: Failure) => void
  /** Called with the first success after a failure. */
  readonly onRecovered?: () => void
}

/**
 * Reports when repeated attempts begin to fail and when they succeed again.
 * @returns a function that takes the outcome of each attempt: a failure, such as the text of an
 * error, or undefined for a success.
 */
export function failureChanges<Failure = string>(
  handlers: FailureChangeHandlers<Failure>,
): (failure: Failure | undefined) => void {
  let isFailing = false
  return (failure) => {
    const wasFailing = isFailing
    isFailing = failure !== undefined
    if (isFailing === wasFailing) return
    if (failure === undefined) handlers.onRecovered?.()
    else handlers.onFailing(failure)
  }
}
