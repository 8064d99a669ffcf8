import { coded } from '../../model/errors/coded-text.ts'

/**
 * Returns a function that warns of an error of the agent, once for each part. An error that would
 * reach the application goes here. Never throws.
 */
export function faultWarning({
  emitWarning,
}: Pick<NodeJS.Process, 'emitWarning'>): (part: string) => void {
  const told = new Set<string>()
  return (part) => {
    try {
      if (told.has(part)) return
      told.add(part)
      const text = `The agent of the master met an error in ${part}. The worker goes on.`
      emitWarning(coded('GPE_AGENT_FAULT', text))
    } catch {
      // The application has replaced a function that the warning needs.
    }
  }
}
