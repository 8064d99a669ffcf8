/** What a line can become. */
export interface Completions {
  /** The commands of the master, as `help` lists them. */
  readonly commands: readonly string[]
  readonly pids: readonly number[]
}

/**
 * The completions of a line, in the form of `node:readline`: whole words, and the part of the line
 * that they replace.
 */
export function completeLine(
  line: string,
  { commands, pids }: Completions,
): [completions: string[], part: string] {
  const words = line.trimStart().split(/\s+/)
  const part = words.at(-1) ?? ''
  const before = words.slice(0, -1)
  const next = new Set(commands.flatMap((command) => nextWords(command, before, pids)))
  const found = [...next].filter((word) => word.startsWith(part)).sort()
  return [found.map((word) => `${word} `), part]
}

/** The words of a command after the given words. */
function nextWords(
  command: string,
  before: readonly string[],
  pids: readonly number[],
): readonly string[] {
  const words = command.split(' ')
  const isSame = before.every((word, index) => {
    const other = words[index]
    return other === word.toLowerCase() || (other === 'PID' && /^\d+$/.test(word))
  })
  const next = words[before.length]
  if (!isSame || next === undefined) return []
  if (next === 'PID') return pids.map(String)
  const choices = /^\[([a-z|]+)\]$/.exec(next)?.[1]
  if (choices !== undefined) return choices.split('|')
  return /^[a-z]+$/.test(next) ? [next] : []
}
