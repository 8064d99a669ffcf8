/**
 * A text as one word of a command for a POSIX shell. The quotes are left out where no character has
 * a meaning for the shell.
 */
export function shellWord(text: string): string {
  return plain.test(text) ? text : shellQuoted(text)
}

/** A text in single quotes. */
export function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

const plain = /^[\p{L}\p{N}_@%+=:,./-]+$/u
