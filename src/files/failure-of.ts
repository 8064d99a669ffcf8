import { messageOf } from '../support/error-message.ts'

/** Why the call fails, without the full stop; undefined where the call succeeds. */
export function failureOf(act: () => unknown): string | undefined {
  try {
    act()
    return undefined
  } catch (error) {
    // The first line: a missing module has a list of modules below.
    return messageOf(error).split('\n')[0]?.replace(/\.$/, '')
  }
}
