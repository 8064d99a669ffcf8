import type { ErrorCode } from '../../model/errors/error-table.ts'

/** Why a command is refused, as a text for the client. */
export class CommandFault extends Error {
  readonly code: ErrorCode

  /** @param code default: the command or an operand is wrong. */
  constructor(message: string, code: ErrorCode = 'GPE_CONTROL_COMMAND') {
    super(message)
    this.code = code
  }
}
