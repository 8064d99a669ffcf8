import { openedLine, sealedLine } from '../../relay/sealed-line.ts'

/*
 * The first lines of a connection between two masters. With its line, each master shows that it
 * knows the token of the offer. Any local user can listen on the port of an ended master.
 */

const text = 'hand-over 2'

/** The first line of the successor, different at each call. */
export function helloLine(token: string): string {
  return sealedLine(text, { token, context: 'successor' })
}

/** Whether the line comes from a process with the token. */
export function isHello(token: string, line: string): boolean {
  return openedLine(line, { token, context: 'successor' }) === text
}

/** The answer of the old master to this line. */
export function welcomeLine(token: string, hello: string): string {
  return sealedLine(text, { token, context: hello.trimEnd() })
}

/** Whether the line is the answer of a process with the token to this hello. */
export function isWelcome(token: string, line: string, hello: string): boolean {
  return openedLine(line, { token, context: hello.trimEnd() }) === text
}
