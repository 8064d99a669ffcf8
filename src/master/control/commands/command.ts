import { CommandFault } from '../command-fault.ts'
import type { ControlData } from '../message.ts'

/** A command of the control socket. */
export interface Command {
  /** The words before the operands. */
  readonly words: readonly string[]
  /** The operands for the help text; empty without operands. */
  readonly operands: string
  readonly help: string
  /** Whether the command changes nothing. The log has the other commands. */
  readonly isQuestion: boolean
  /**
   * @param gone aborts when the client has gone.
   * @throws CommandFault for wrong operands, and where the command is not possible now.
   */
  readonly act: (
    operands: readonly string[],
    gone: AbortSignal,
  ) => ControlData | Promise<ControlData>
}

/** The name of a command without operands. */
export function nameOf({ words }: Pick<Command, 'words'>): string {
  return words.join(' ')
}

/** @throws CommandFault where there are more operands than the command takes. */
export function noMoreThan(most: number, operands: readonly string[]): void {
  const extra = operands[most]
  if (extra !== undefined) throw new CommandFault(`${quotedOperand(extra)} is one operand too many`)
}

/** @throws CommandFault unless the text is a whole number within the bounds. */
export function wholeNumber(
  name: string,
  text: string | undefined,
  [least, most]: readonly [least: number, most: number],
): number {
  const allowed = `allowed is a whole number from ${least} to ${most}`
  if (text === undefined) throw new CommandFault(`${name} is missing; ${allowed}`)
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  if (value >= least && value <= most) return value
  throw new CommandFault(`${name} is ${quotedOperand(text)}; ${allowed}`)
}

function quotedOperand(text: string): string {
  return JSON.stringify(text.slice(0, 40))
}
