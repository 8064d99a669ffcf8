import { Secret } from './secret.ts'

/** The result of `parse` for a refused text; undefined can be a value. */
export const refused: unique symbol = Symbol('refused')

/** The wrong part of a refused text. */
interface WrongPart {
  readonly part: string
  /** Sentences that begin after the part. */
  readonly reason: string
}

/** The type of a setting's value: its texts, its parser and its JSON Schema. */
export interface SettingKind<T> {
  /** The rest of the sentence after "allowed is". */
  readonly allowed: string
  /** JSON Schema of the value in YAML. */
  readonly schema: Readonly<Record<string, unknown>>
  readonly parse: (text: string) => T | typeof refused
  readonly shown: (value: T) => string
  readonly wrongPart?: (text: string) => WrongPart | undefined
  /** Several values: a list in YAML, separated by commas in other sources. */
  readonly isList?: true
  /** Of a list: the kind of each value. */
  readonly item?: Pick<SettingKind<unknown>, 'allowed' | 'parse'>
  /** A list of `key=value`, which can also be a map in YAML and an object in code. */
  readonly isMap?: true
  /** Never shown, not even in a fault. */
  readonly isSecret?: true
}

export const flag: SettingKind<boolean> = {
  allowed: 'true or false',
  schema: { type: 'boolean' },
  parse: (text) => {
    if (/^(?:true|1|yes|on)$/i.test(text)) return true
    return /^(?:false|0|no|off)$/i.test(text) ? false : refused
  },
  shown: String,
}

export function integer(least: number, most: number, noun = 'an integer'): SettingKind<number> {
  return {
    allowed: `${noun} from ${least} to ${most}`,
    schema: { type: 'integer', minimum: least, maximum: most },
    parse: (text) => inRange(/^\d{1,15}$/.test(text) ? Number(text) : Number.NaN, least, most),
    shown: String,
  }
}

/** One day: a timer can hold this time. */
const mostSeconds = 86_400

export function seconds(least = 0, most: number = mostSeconds): SettingKind<number> {
  return {
    allowed: `seconds from ${least} to ${most}`,
    schema: { type: 'number', minimum: least, maximum: most },
    parse: (text) =>
      inRange(/^\d{1,9}(?:\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN, least, most),
    shown: String,
  }
}

/** Seconds from `least` on, or 0 for a feature that is off. */
export function secondsOrOff(least: number, most: number): SettingKind<number> {
  const on = seconds(least, most)
  const off = { const: 0 } as const
  return {
    ...on,
    allowed: `0 (off) or ${on.allowed}`,
    schema: { anyOf: [off, on.schema] },
    parse: (text) => (isWord(text, 'off') || seconds(0, 0).parse(text) === 0 ? 0 : on.parse(text)),
  }
}

/** Accepts the words in upper and lower case, as OTel's variables do. */
export function choice<const T extends string>(...values: readonly T[]): SettingKind<T> {
  return {
    allowed: values.join(' or '),
    schema: { enum: values },
    parse: (text) => values.find((value) => isWord(text, value)) ?? refused,
    shown: String,
  }
}

/** Whether the text is the word, in upper or lower case. */
export function isWord(text: string, word: string): boolean {
  return text.toLowerCase() === word.toLowerCase()
}

const text: SettingKind<string> = pattern(/^[^\0\r\n]+$/, 'a text of one line')

/** Not the content of a file, such as a private key: messages show paths. */
const path: SettingKind<string> = pattern(/^(?!-----BEGIN )[^\0\r\n]+$/, 'a path')

/** A directory, or off. */
export const directory: SettingKind<string | undefined> = {
  allowed: 'a directory or off',
  schema: { type: 'string' },
  parse: (given) => {
    if (isWord(given, 'off')) return undefined
    const isWrong = wrongWords.some((word) => isWord(given, word))
    return isWrong ? refused : path.parse(given)
  },
  shown: (value) => value ?? 'off',
}

/** Words that switch other settings on or off. `./none` names a directory `none`. */
const wrongWords = ['none', 'no', 'false', '0', 'null', 'disabled', 'auto', 'on', 'yes', 'true']

const secret: SettingKind<Secret> = {
  allowed: 'a text of one line, without control characters',
  schema: { type: 'string' },
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those that no header may carry.
  parse: (given) => (/^[^\0-\x1f\x7f]+$/.test(given) ? new Secret(given) : refused),
  shown: String,
  isSecret: true,
}

export function list<T>(of: SettingKind<T>, most: number): SettingKind<readonly T[]> {
  return {
    allowed: `a comma-separated list of up to ${most} of: ${of.allowed}`,
    schema: { type: 'array', items: of.schema, maxItems: most },
    parse: (given) => {
      // Only options in code: in other sources, an empty text is unset.
      if (given === '') return []
      const items = given.split(',').map((item) => of.parse(item.trim()))
      const isGood = items.length <= most && !items.includes(refused)
      return isGood ? (items as readonly T[]) : refused
    },
    shown: (values) => values.map(of.shown).join(','),
    isList: true,
    item: of,
  }
}

/** Upper bounds of a histogram's buckets. */
export const bounds: SettingKind<readonly number[]> = {
  allowed: 'at most 50 positive numbers that ascend, with commas between them',
  schema: { type: 'array', items: { type: 'number', exclusiveMinimum: 0 }, maxItems: 50 },
  parse: (given) => {
    const numbers = given.split(',').map((item) => decimal(item.trim()))
    const isGood = numbers.every((number, index) => number > (numbers[index - 1] ?? 0))
    return isGood && numbers.length <= 50 ? numbers : refused
  },
  shown: (values) => values.join(','),
  isList: true,
}

/** A kind whose unset state is a value of its own. */
export function optional<T>(kind: SettingKind<T>): SettingKind<T | undefined> {
  return { ...kind, shown: (value) => (value === undefined ? 'none' : kind.shown(value)) }
}

export function pattern(expression: RegExp, allowed: string): SettingKind<string> {
  return {
    allowed,
    schema: { type: 'string' },
    parse: (given) => (expression.test(given) ? given : refused),
    shown: String,
  }
}

function decimal(given: string): number {
  return /^\d{1,15}(?:\.\d{1,9})?$/.test(given) ? Number(given) : Number.NaN
}

export function inRange(number: number, least: number, most: number): number | typeof refused {
  return number >= least && number <= most ? number : refused
}

export const optionalText: SettingKind<string | undefined> = optional(text)
export const optionalPath: SettingKind<string | undefined> = optional(path)
export const optionalSecret: SettingKind<Secret | undefined> = optional(secret)
