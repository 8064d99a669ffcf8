import { isIncarnation } from './peers/peer-state.ts'
import { textOf } from './redis/command-step.ts'

/**
 * Reads the reply with the index.
 * @returns the time of the last write by incarnation, as a text.
 */
export function versionsIn(reply: unknown): Map<string, string> {
  const texts = Array.isArray(reply) ? reply.map(textOf) : []
  const versions = new Map<string, string>()
  for (let index = 0; index < texts.length; index += 2) {
    const [incarnation, version] = texts.slice(index, index + 2)
    if (isIncarnation(incarnation) && version !== undefined) versions.set(incarnation, version)
  }
  return versions
}
