import { type Details, textFor } from '../endpoint/details.ts'
import { unreadText } from '../model/live/unread-origin.ts'
import type { NamedStatus } from './origin.ts'

/** A sentence for each origin that cannot be read. */
export function unreadTexts(statuses: readonly NamedStatus[], details: Details): string[] {
  return statuses
    .filter(({ isConnected }) => !isConnected)
    .map(({ origin, error, succeededAt, readAgeSeconds, sources }) =>
      unreadText({
        name: origin,
        error: error === undefined ? undefined : textFor(details, error),
        readAgeSeconds: succeededAt === undefined ? undefined : readAgeSeconds,
        instances: sources.length,
      }),
    )
}
