/** A character, or the name of a key. */
export type Key = string

const escapeCharacter = '\u{1b}'

/** Sequences of usual terminals, without the escape character. */
const sequences: Readonly<Record<string, Key>> = {
  ...{ '[A': 'up', '[B': 'down', '[C': 'right', '[D': 'left' },
  // The same keys in application mode.
  ...{ OA: 'up', OB: 'down', OC: 'right', OD: 'left', OH: 'home', OF: 'end', OM: 'enter' },
  ...{ '[H': 'home', '[F': 'end', '[1~': 'home', '[4~': 'end', '[7~': 'home', '[8~': 'end' },
  ...{ '[5~': 'pageup', '[6~': 'pagedown', '[3~': 'backspace', '[Z': 'shift-tab' },
}

const controls: Readonly<Record<string, Key>> = {
  '\r': 'enter',
  '\n': 'enter',
  '\t': 'tab',
  '\u{7f}': 'backspace',
  '\b': 'backspace',
  '\u{3}': 'ctrl-c',
  '\u{c}': 'ctrl-l',
  '\u{1a}': 'ctrl-z',
}

/** An escape sequence without the escape character, and the start of such a sequence. */
const sequence = /^(?:\[[\d;?<>]*[ -/]*[@-~]|O[A-Za-z])/
const unfinished = /^(?:\[[\d;?<>]*[ -/]*|O)?$/

export interface KeyReading {
  readonly keys: readonly Key[]
  /** The start of an escape sequence; the rest can follow. */
  readonly rest: string
}

/** The keys in the input of a terminal. Unknown sequences are dropped as a whole. */
export function keysOf(input: string): KeyReading {
  const keys: Key[] = []
  let left = input
  while (left !== '') {
    const [first = ''] = left
    const rest = left.slice(first.length)
    if (first === escapeCharacter && unfinished.test(rest)) return { keys, rest: left }
    const { key, length } = first === escapeCharacter ? escapedKey(rest) : plainKey(first)
    if (key !== undefined) keys.push(key)
    left = left.slice(length)
  }
  return { keys, rest: '' }
}

interface KeyStart {
  readonly key: Key | undefined
  readonly length: number
}

function escapedKey(rest: string): KeyStart {
  const [found] = sequence.exec(rest) ?? []
  if (found === undefined) return { key: 'escape', length: 1 }
  const key = Object.hasOwn(sequences, found) ? sequences[found] : undefined
  return { key, length: found.length + 1 }
}

function plainKey(character: string): KeyStart {
  const { length } = character
  if (character >= ' ' && character !== '\u{7f}') return { key: character, length }
  return { key: Object.hasOwn(controls, character) ? controls[character] : undefined, length }
}

/** The keys of a started sequence without its rest: the escape key. */
export function keysOfRest(rest: string): Key[] {
  if (!rest.startsWith(escapeCharacter)) return []
  return ['escape', ...keysOf(rest.slice(1)).keys]
}
