import { collectLimits } from '../../limits/collect.ts'
import type { UncaughtError } from '../../model/death.ts'
import { isObjectLike } from '../../support/guards.ts'
import { shortCopy } from '../../support/short-copy.ts'
import { errorTypeOf, isError } from '../http/error-type.ts'

export interface DescribeErrorOptions {
  /** Whether the description has the error's message. */
  readonly showsMessage: boolean
  /** Replaces secrets in a text. Gets at most a few thousand characters. */
  readonly withoutSecrets: (text: string) => string
}

/**
 * Describes a thrown value. Never throws: the value can be a Proxy, or have getters that throw. The
 * description keeps neither the value nor its long texts in memory.
 */
export function describeError(value: unknown, options: DescribeErrorOptions): UncaughtError {
  const { errorNameChars, errorStackChars } = collectLimits
  return {
    name: cut(value === null ? 'null' : errorTypeOf(value), errorNameChars, options),
    message: options.showsMessage ? shortMessage(messageOf(value), options) : null,
    stack: cut(stacksOf(value, options), errorStackChars, options),
  }
}

function messageOf(value: unknown): string {
  // Objects are not converted: the conversion runs code of the application.
  if (!isObjectLike(value)) return String(value)
  return textOf(value, 'message')
}

/** The stack, with the stacks of the causes and of the errors of an AggregateError. */
function stacksOf(value: unknown, options: DescribeErrorOptions): string {
  const stacks: string[] = []
  const waiting = [value]
  const seen = new Set<unknown>()
  while (waiting.length > 0 && seen.size < collectLimits.relatedErrors) {
    const error = waiting.shift()
    if (!isErrorQuietly(error) || seen.has(error)) continue
    seen.add(error)
    stacks.push(stackOf(error, options))
    waiting.push(...relatedTo(error))
  }
  return stacks.filter((stack) => stack !== '').join('\nrelated error: ')
}

/** A long message would leave no room for the calls. */
function stackOf(error: object, options: DescribeErrorOptions): string {
  const stack = textOf(error, 'stack')
  const message = textOf(error, 'message')
  const at = message === '' ? -1 : stack.indexOf(message)
  const rest = at < 0 ? stack : stack.slice(at + message.length)
  if (!options.showsMessage) return callsOf(rest)
  if (at < 0 || message.length <= collectLimits.errorMessageChars) return stack
  return `${stack.slice(0, at)}${shortMessage(message, options)}…${rest}`
}

/** The lines of calls. The application can change a message after Node has made the stack. */
function callsOf(stack: string): string {
  const lines = stack.slice(0, 2 * collectLimits.errorStackChars).split('\n')
  return lines.filter((line) => /^ {4}at \S.*:\d+:\d+\)?$/.test(line)).join('\n')
}

function relatedTo(error: object): unknown[] {
  const cause = read(error, 'cause')
  const errors = read(error, 'errors')
  const several = Array.isArray(errors) ? errors.slice(0, collectLimits.relatedErrors) : []
  return cause === undefined ? several : [cause, ...several]
}

function isErrorQuietly(value: unknown): value is object {
  try {
    return isError(value)
  } catch {
    return false
  }
}

function textOf(value: object, key: string): string {
  const text = read(value, key)
  return typeof text === 'string' ? text : ''
}

function read(value: object, key: string): unknown {
  try {
    return Reflect.get(value, key)
  } catch {
    return undefined
  }
}

function shortMessage(message: string, options: DescribeErrorOptions): string {
  return cut(message, collectLimits.errorMessageChars, options)
}

/** A cut can leave the first part of a secret at the end, where `withoutSecrets` cannot find it. */
function cut(text: string, chars: number, { withoutSecrets }: DescribeErrorOptions): string {
  const { secretChars } = collectLimits
  const isWhole = text.length <= chars + secretChars
  const clean = withoutSecrets(isWhole ? text : text.slice(0, chars + secretChars))
  const shown = isWhole ? clean : clean.slice(0, Math.max(0, clean.length - secretChars))
  return shortCopy(shown, chars)
}
