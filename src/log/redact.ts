import { logLimits } from '../limits/log.ts'

/** A text of another program for the log: one short line, without secrets and passwords of URLs. */
export function redacted(text: string, secrets: readonly string[] = []): string {
  const line = withoutSecrets(text.replace(/\s+/g, ' ').trim(), secrets)
  return line.slice(0, logLimits.shownChars)
}

/** Replaces secrets, and user and password of URLs. */
export function withoutSecrets(text: string, secrets: readonly string[] = []): string {
  let line = text
  for (const secret of secrets) if (secret !== '') line = line.replaceAll(secret, '***')
  // Up to the last @: a password without percent-encoding can contain a slash or another @.
  return line.replace(/\/\/[^\s'"]*@/g, '//***@')
}

/**
 * A refused text in quotes. The part up to the last @ can be the user and password of a URL. A key
 * or a certificate in the place of a path is not shown.
 */
export function quoted(text: string): string {
  if (isPem(text)) return 'not shown (it can contain a private key)'
  return JSON.stringify(text.replace(/^.*@/s, '***@'))
}

/** Whether a text is the content of a PEM file, in lines or with `\n` between them. */
export function isPem(text: string): boolean {
  return text.includes('-----BEGIN ')
}
