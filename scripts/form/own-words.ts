import type { TextFile } from './paths.ts'

export interface Occurrence {
  readonly path: string
  /** 0 stands for the name of the file. */
  readonly line: number
  readonly word: string
  readonly text: string
}

/** Words of our own making. The field has other words for the same things. */
export const ownWords: readonly string[] = (
  'ancestor ancestors attendance bearer bearers bequeath bequeathed bequeaths borne claim ' +
  'claimed claims companion companions cutoff door doors doorway doorways gate heir heirs ' +
  'knock knocked knocks leader leaders ledger ledgers mourn mourned mourns nobody roster ' +
  'rosters standing starved starves stranger strangers tally tallies teller tellers told ' +
  'visit visits vitals whoever'
).split(' ')

/** Finds the words in text and inside of names: `told` in `isTold`, `told-changes` and `TOLD`. */
export function occurrencesOf({ path, text }: TextFile, words: readonly string[]): Occurrence[] {
  const sought = new Set(words.map((word) => word.toLowerCase()))
  const inLine = (content: string, line: number): Occurrence[] =>
    [...new Set(parts(content))]
      .filter((word) => sought.has(word))
      .map((word) => ({ path, line, word, text: content.trim() }))
  const inName = inLine(path.slice(path.lastIndexOf('/') + 1), 0)
  return [...inName, ...text.split('\n').flatMap((content, index) => inLine(content, index + 1))]
}

/** Words of a line in lower case; names in camel case fall apart. */
function parts(content: string): string[] {
  return Array.from(content.matchAll(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g), ([part]) =>
    part.toLowerCase(),
  )
}
