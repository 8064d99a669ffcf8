import { limits } from '../limits.ts'

/** What another program said, for the operator: one line, no longer than need be, without a URL's user and password. */
export function shown(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  // To the last @: a password that is not encoded as it should be may hold a slash or another @.
  return line.replace(/\/\/[^\s'"]*@/g, '//***@').slice(0, limits.shownChars)
}
