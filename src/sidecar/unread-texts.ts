import { type Details, textFor } from '../endpoint/details.ts'
import { type OriginTexts, originTexts } from '../model/live/unread-origin.ts'
import type { NamedStatus } from './origin.ts'

/** A sentence for each origin that cannot be read. */
export function unreadTexts(statuses: readonly NamedStatus[], details: Details): OriginTexts {
  const unread = statuses.filter(({ isConnected }) => !isConnected)
  return originTexts(
    unread.map(({ origin, isAwaited = false, error, succeededAt, readAgeSeconds, sources }) => ({
      name: origin,
      isAwaited,
      error: error === undefined ? undefined : textFor(details, error),
      readAgeSeconds: succeededAt === undefined ? undefined : readAgeSeconds,
      instances: sources.length,
    })),
  )
}
