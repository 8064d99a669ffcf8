import { parseArgs } from 'node:util'
import { type Setting, type Topic, withDashes } from '../../config/table/setting.ts'
import { settings } from '../../config/table.ts'
import { quoted } from '../../log/redact.ts'
import { type CodedText, coded } from '../../model/errors/coded-text.ts'
import { isRecord } from '../../support/guards.ts'
import { nearestName } from '../../support/nearest-name.ts'

/** An option of a command line. */
export interface CommandOption {
  readonly short?: string
  /** The placeholder of the value; undefined for an option without a value. */
  readonly value?: string
  readonly help: string
  /** The default in words. Undefined: the option alone says all. */
  readonly fallback?: string
  /** The heading in the help. Default: the options of the command itself. */
  readonly topic?: Topic
  /** Every value that is allowed, for completion. */
  readonly choices?: readonly string[]
  /** Whether the option can be given several times. */
  readonly repeats?: true
  /** What joins several values. Default: a zero byte, which no argument contains. */
  readonly separator?: string
  /** Environment variables of the same setting; the first variable that is set counts. */
  readonly env?: readonly string[]
}

/** By name, without dashes. */
export type CommandOptions = Readonly<Record<string, CommandOption>>

/**
 * The given values by the option's name; an option without a value has the empty text. A zero byte
 * separates several values.
 */
export type OptionValues = Readonly<Record<string, string | undefined>>

/** The command-line options of the settings of these topics. */
export function settingOptions(topics: readonly Topic[]): CommandOptions {
  const asked = settings.filter(({ topic }) => topics.includes(topic))
  return Object.fromEntries(asked.flatMap(settingOption))
}

function settingOption({
  flag,
  help,
  env,
  fallback,
  fallbackText,
  kind,
  topic,
}: Setting): [string, CommandOption][] {
  if (!flag) return []
  const { name, short, value, repeats } = flag
  const given = fallbackText ?? (fallback === undefined ? '' : kind.shown(fallback))
  const list = repeats ? { repeats, separator: ',' } : {}
  const parts = { ...(short ? { short } : {}), ...(value ? { value } : {}), ...list }
  const facts = { help: plain(help), fallback: given || 'none', topic, env }
  const choices = value ? choicesOf(kind.schema) : []
  return [[name, { ...parts, ...facts, ...(choices.length > 0 ? { choices } : {}) }]]
}

/** The words of a schema that allows words. */
function choicesOf({ enum: words, items }: Setting['kind']['schema']): readonly string[] {
  const list = Array.isArray(words) ? words : isRecord(items) ? items['enum'] : []
  return Array.isArray(list) ? list.map(String) : []
}

/** Without code spans, and with the texts of links alone. */
function plain(help: string): string {
  return help.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll('`', '')
}

/** The options in the form of `parseArgs`. */
export function parserOptions(
  options: CommandOptions,
): Record<string, { type: 'string' | 'boolean'; short?: string }> {
  return Object.fromEntries(
    Object.entries(options).map(([name, { value, short }]) => [
      name,
      {
        type: value ? ('string' as const) : ('boolean' as const),
        ...(short ? { short } : {}),
      },
    ]),
  )
}

/** Reads the options of a command line, and adds each fault to `faults`, a sentence each. */
export function readOptions(line: CommandLine, faults: CodedText[]): OptionValues {
  const values: Record<string, string | undefined> = {}
  for (const argument of argumentsOf(line.argv, line.options)) {
    const { name, value } = argument
    const option = optionOf(line.options, name)
    const fault = option ? faultOf(option, value) : unknownText(line, name)
    const code = option ? 'GPE_OPTION_VALUE' : 'GPE_OPTION_UNKNOWN'
    if (fault) faults.push(coded(code, `${shownName(line, argument)} ${fault}`))
    else if (option) values[name] = givenValue(option, value, values[name])
  }
  return values
}

/** No argument of a command line contains a zero byte. */
const zeroByte = '\0'

function givenValue(option: CommandOption, given: string | undefined, before?: string): string {
  const { repeats, separator = zeroByte } = option
  const value = given ?? ''
  return repeats && before !== undefined ? `${before}${separator}${value}` : value
}

/** All values of an option that can be given several times. */
export function valuesOf(values: OptionValues, name: string): string[] {
  return values[name]?.split(zeroByte) ?? []
}

function shownName({ flagName }: CommandLine, { name, shown }: Argument): string {
  return name === '' || !flagName ? shown : flagName(name)
}

interface Argument {
  readonly shown: string
  /** Empty for an argument that is not an option. */
  readonly name: string
  readonly value: string | undefined
}

/**
 * The arguments of a command line. The argument after an unknown option is left out: the argument
 * can be the option's value, and a password.
 */
function argumentsOf(argv: readonly string[], options: CommandOptions): Argument[] {
  const { tokens } = parseArgs({
    args: [...argv],
    options: parserOptions(options),
    strict: false,
    tokens: true,
  })
  return tokens.flatMap((token, index): Argument[] => {
    if (token.kind === 'option') return [{ shown: token.rawName, ...token }]
    if (token.kind === 'option-terminator') return []
    const before = tokens[index - 1]
    const isValue = before?.kind === 'option' && before.value === undefined
    if (isValue && !optionOf(options, before.name)) return []
    return [{ shown: quoted(token.value), name: '', value: token.value }]
  })
}

export interface CommandLine {
  /** The arguments after the command. */
  readonly argv: readonly string[]
  readonly options: CommandOptions
  readonly command: string
  /** An option as the user wrote the option. Default: as on the command line. */
  readonly flagName?: ((flag: string) => string) | undefined
  /** Why the command does not have an option of another program. */
  readonly reasonOf?: ((name: string) => string | undefined) | undefined
}

function optionOf(options: CommandOptions, name: string): CommandOption | undefined {
  return Object.hasOwn(options, name) ? options[name] : undefined
}

/** The rest of a sentence that starts with the option's name. */
function unknownText(line: CommandLine, name: string): string {
  const { options, command, flagName, reasonOf } = line
  const reason = reasonOf?.(name)
  if (reason !== undefined) return `is not an option of ${command}. ${reason}`
  const known = Object.keys(options)
  const right = nearestName(name, known)
  const shown = flagName ?? withDashes
  if (right) return `is not an option of ${command}; did you mean ${shown(right)}?`
  if (!flagName) return `is not an option of ${command}; --help lists the options.`
  return `is not an option; allowed are ${known.map(shown).join(', ')}.`
}

/** @returns the rest of a sentence that starts with the option's name. */
function faultOf({ value: wanted }: CommandOption, value: string | undefined): string | undefined {
  if (wanted && !value) return `needs a value: ${wanted}.`
  if (!wanted && value !== undefined) return `takes no value; got ${quoted(value)}.`
  return undefined
}
