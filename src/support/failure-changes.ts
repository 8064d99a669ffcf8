export interface FailureChangeHandlers {
  /** Called with the first failure after a success, or the first failure of all. */
  readonly onFailing: (error: string) => void
  /** Called with the first success after a failure. */
  readonly onRecovered?: () => void
}

/**
 * Reports when repeated attempts begin to fail and when they succeed again.
 * @returns a function that takes the outcome of each attempt: an error's text, or undefined for a
 * success.
 */
export function failureChanges(
  handlers: FailureChangeHandlers,
): (error: string | undefined) => void {
  let isFailing = false
  return (error) => {
    const wasFailing = isFailing
    isFailing = error !== undefined
    if (isFailing === wasFailing) return
    if (error === undefined) handlers.onRecovered?.()
    else handlers.onFailing(error)
  }
}
