import { type CodedText, coded } from '../model/errors/coded-text.ts'
import type { ErrorCode } from '../model/errors/error-table.ts'

/** Something in the configuration that is wrong or ignored. */
export interface Problem {
  /** The code of the cause, as in `docs/errors.md`. */
  readonly code: ErrorCode
  /** The name as the user wrote the name: a variable, a key of the file or an option. */
  readonly key: string
  /** The given value as the message shows the value, without secrets. Null: none is given. */
  readonly got: string | null
  /** Null where the problem is no matter of values, as with an unknown name. */
  readonly allowed: string | null
  /** A sentence with all of this. */
  readonly message: string
}

/** The problem of a value that is refused. @param got the value as messages may show the value. */
export function wrongValue(key: string, got: string, allowed: string): Problem {
  const message = `${key} is ${got}; allowed is ${allowed}.`
  return { code: 'GPE_SETTING_VALUE', key, got, allowed, message }
}

/** The problem of a name that stands for no setting. */
export function unknownName(key: string, message: string): Problem {
  return noValue('GPE_SETTING_UNKNOWN', key, message)
}

/** The problem of a setting without an effect. */
export function unusedSetting(key: string, message: string): Problem {
  return noValue('GPE_SETTING_UNUSED', key, message)
}

/** A problem that is no matter of the allowed values. */
export function noValue(code: ErrorCode, key: string, message: string): Problem {
  return { code, key, got: null, allowed: null, message }
}

/** The problem of a value that does not stop the program. @param reason ends with a full stop. */
export function ignored(problem: Problem, reason?: string): Problem {
  const sentences = [problem.message, ...(reason === undefined ? [] : [reason]), 'It is ignored.']
  return { ...problem, code: 'GPE_SETTING_IGNORED', message: sentences.join(' ') }
}

/** The sentences of the problems, with their codes. */
export function messagesOf(problems: readonly Problem[]): CodedText[] {
  return problems.map(({ code, message }) => coded(code, message))
}
