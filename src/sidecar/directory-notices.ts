import { sidecarLimits } from '../limits/sidecar.ts'
import { type CodedText, coded } from '../model/errors/coded-text.ts'
import { errorCodeOf } from '../support/error-code.ts'
import { messageOf } from '../support/error-message.ts'
import { failureChanges } from '../support/failure-changes.ts'

export interface DirectoryNoticesOptions {
  /** The setting of the directory, for messages. */
  readonly setting: string
  /** Called with a warning for the operator. */
  readonly onNotice: (text: CodedText) => void
  /** Called with a text about a directory that is not there yet. */
  readonly onWaiting: (text: string) => void
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number
}

/**
 * Tells the operator when readings of a shared directory begin to fail and when they succeed again.
 * The first application makes the directory, so a sidecar that starts before waits without a
 * warning for sidecarLimits.directoryWaitMs.
 * @returns a function that takes the outcome of each reading: an error, or undefined. The function
 * says whether the sidecar waits for the directory.
 */
export function directoryNotices(options: DirectoryNoticesOptions): (error: unknown) => boolean {
  const { setting, onNotice } = options
  const isAwaited = waiting(options)
  const reportChange = failureChanges({
    onFailing: (error) => {
      const text = `the directory of ${setting} cannot be read, trying again: ${error}`
      onNotice(coded('GPE_SHARED_DIRECTORY', text))
    },
    onRecovered: () =>
      onNotice(coded('GPE_RECOVERED', `the directory of ${setting} can be read again`)),
  })
  return (error) => {
    if (isAwaited(error)) return true
    reportChange(error === undefined ? undefined : messageOf(error))
    return false
  }
}

/** @returns a function that takes each outcome, and says whether the directory is to come yet. */
function waiting({
  setting,
  onWaiting,
  now,
}: DirectoryNoticesOptions): (error: unknown) => boolean {
  const startedAt = now()
  let state: 'started' | 'waiting' | 'settled' = 'started'
  return (error) => {
    const mayWait = state !== 'settled' && now() - startedAt < sidecarLimits.directoryWaitMs
    if (mayWait && errorCodeOf(error) === 'ENOENT') {
      if (state === 'started') {
        onWaiting(`the directory of ${setting} is not there yet; the first application makes it`)
      }
      state = 'waiting'
      return true
    }
    if (state === 'waiting' && error === undefined) {
      onWaiting(`the directory of ${setting} is there`)
    }
    state = 'settled'
    return false
  }
}
