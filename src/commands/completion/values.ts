import type { CommandOption } from '../line/command-options.ts'
import type { CommandPage } from '../line/command-page.ts'
import { shells } from './completion-page.ts'

/** What a shell offers for a value or an operand. */
export type Values =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'files' | 'directories' | 'unknown' }

/** The values of an option that takes a value. */
export function valuesOf({ value = '', choices = [] }: CommandOption): Values {
  if (choices.length > 0) return { kind: 'words', words: choices }
  if (/^DIR/.test(value)) return { kind: 'directories' }
  return { kind: /^(?:FILE|PATH)/.test(value) ? 'files' : 'unknown' }
}

/** Whether arguments after the first operand belong to another program. */
export function endsAtOperand({ name }: Pick<CommandPage, 'name'>): boolean {
  return name === 'run'
}

/** The options with a value in the next word, with dashes. */
export function valueFlags({ options }: Pick<CommandPage, 'options'>): string[] {
  return Object.entries(options).flatMap(([name, { short, value }]) => {
    if (value === undefined) return []
    return [`--${name}`, ...(short ? [`-${short}`] : [])]
  })
}

/** The operands of a command. */
export function operandsOf({ name }: Pick<CommandPage, 'name'>): Values {
  if (name === 'run') return { kind: 'files' }
  return name === 'completion' ? { kind: 'words', words: shells } : { kind: 'unknown' }
}
