import { coded } from '../../model/errors/coded-text.ts'
import { printable } from '../../model/text/printable.ts'
import { errorCodeOf } from '../../support/error-code.ts'
import { messageOf } from '../../support/error-message.ts'

/** Exit code of a command whose output cannot be written. */
const unwritten = 1

const watched = new Set<NodeJS.WriteStream>()

/**
 * Writes to stdout. A full disk ends in one line on stderr and the exit code 1. A reader that has
 * gone, as behind `head`, is no failure.
 * @param done called in each of these cases.
 */
export function print(text: string, done: () => void = () => {}): void {
  const ended = (error: unknown): void => {
    done()
    // Afterwards: the exit code of a failure wins over the code that `done` sets.
    if (error && errorCodeOf(error) !== 'EPIPE') fail(error)
  }
  write(process.stdout, text, ended)
}

/** Writes a line to stderr. A full disk there changes nothing: no other place is left. */
export function printError(text: string): void {
  write(process.stderr, `${text}\n`, () => {})
}

function write(stream: NodeJS.WriteStream, text: string, ended: (error: unknown) => void): void {
  // Without a listener, the event would end the process with a stack.
  if (!watched.has(stream)) stream.on('error', () => {})
  watched.add(stream)
  try {
    stream.write(text, ended)
  } catch (error) {
    // Node.js 20 throws where the stream is a file.
    ended(error)
  }
}

function fail(error: unknown): void {
  const text = `The output cannot be written: ${printable(messageOf(error))}`
  printError(`gunicorn-prometheus-exporter: ${coded('GPE_OUTPUT_FAILED', text)}`)
  process.exitCode = unwritten
}
