import { type Details, textFor } from '../../endpoint/details.ts'

/**
 * The status of a connection to another system, without paths in the text of the last error unless
 * the client may see details.
 * @returns null where the feature is off.
 */
export function withShownError(
  summary: { readonly lastError?: string | null } | undefined,
  details: Details,
): Readonly<Record<string, unknown>> | null {
  if (!summary) return null
  const { lastError = null } = summary
  return { ...summary, lastError: lastError === null ? null : textFor(details, lastError) }
}
