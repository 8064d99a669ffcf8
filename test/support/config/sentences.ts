import type { Problem } from '../../../src/config/problem.ts'

/** The sentences of problems, without their codes. */
export function sentencesOf(problems: readonly Problem[]): string[] {
  return problems.map(({ message }) => message)
}

/** A text without the codes of its causes. */
export function withoutCodes(text: string): string {
  return text.replace(/ \(GPE_[A-Z0-9_]+\)/g, '')
}
