import { logLimits } from '../limits/log.ts'

/** What another program said, for the operator: one line, no longer than need be, without secrets or a URL's user and password. */
export function redacted(text: string, secrets: readonly string[] = []): string {
  let line = text.replace(/\s+/g, ' ').trim()
  for (const secret of secrets) if (secret !== '') line = line.replaceAll(secret, '***')
  // To the last @: a password that is not encoded as it should be may hold a slash or another @.
  return line.replace(/\/\/[^\s'"]*@/g, '//***@').slice(0, logLimits.shownChars)
}

/** What somebody wrote, where something else was wanted, in quotes: up to the last @ it may be the user and the password of a URL. */
export function quoted(text: string): string {
  return JSON.stringify(text.replace(/^.*@/s, '***@'))
}
