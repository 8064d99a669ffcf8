import { printableLine } from '../../model/text/printable.ts'
import { isPrimitive, isRecord } from '../../support/guards.ts'

/** A request of a client, as gunicornc sends the request. */
export interface ControlRequest {
  /** The answer has the same id. */
  readonly id: unknown
  /** The command and its operands, each without quotation marks. */
  readonly words: readonly string[]
}

/** An answer, as gunicornc expects the answer. */
export type ControlResponse =
  | { readonly id: unknown; readonly status: 'ok'; readonly data: ControlData }
  | { readonly id: unknown; readonly status: 'error'; readonly error: string }

/** The data of an answer. */
export type ControlData = Readonly<Record<string, unknown>>

/** @returns undefined for a body that is no request. */
export function parseRequest(body: Buffer): ControlRequest | undefined {
  const value = parsed(body)
  if (!isRecord(value)) return undefined
  const { id = 0, command = '', args = [] } = value
  if (typeof command !== 'string' || !isPrimitive(id)) return undefined
  if (!Array.isArray(args) || !args.every(isPrimitive)) return undefined
  return { id, words: [...wordsOf(command), ...args.map(String)] }
}

export function dataResponse(id: unknown, data: ControlData): ControlResponse {
  return { id, status: 'ok', data }
}

/** The client prints the text: the text must not control a terminal. */
export function errorResponse(id: unknown, error: string): ControlResponse {
  return { id, status: 'error', error: printableLine(error) }
}

/** The words of a command line. Quotation marks keep blanks in a word. */
export function wordsOf(command: string): string[] {
  const found = command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)
  return Array.from(found, ([, double, single, plain]) => double ?? single ?? plain ?? '')
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}
