import { messageOf } from '../support/error-message.ts'

/** Why the call fails, without the full stop; undefined where the call succeeds. */
export function failureOf(act: () => unknown): string | undefined {
  try {
    act()
    return undefined
  } catch (error) {
    return reasonOf(error)
  }
}

/** The first line of the message, without the full stop: a missing module has a list below. */
export function reasonOf(error: unknown): string {
  const [line = ''] = messageOf(error).split('\n')
  return line.replace(/\.$/, '')
}
