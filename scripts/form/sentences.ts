import type { Passage } from './passages.ts'

export interface Sentence {
  readonly path: string
  readonly line: number
  /** As written, on one line. */
  readonly text: string
  /** In lower case. A code span is one word, `x`. */
  readonly words: readonly string[]
}

/** A full stop after these does not end a sentence. */
const abbreviation = /(?:^|[\s(])(?:e\.g|i\.e|etc|vs|cf|approx|resp|incl|no)$/i

export function sentencesOf({ path, text, lines }: Passage): Sentence[] {
  const plain = masked(text)
  const sentences: Sentence[] = []
  let start = 0
  for (const end of endsOf(plain)) {
    const words = wordsOf(plain.slice(start, end))
    if (words.length > 0) {
      const offset = start + plain.slice(start, end).search(/\S/)
      sentences.push({
        path,
        line: lines[text.slice(0, offset).split('\n').length - 1] ?? 0,
        text: text
          .slice(start, end)
          .replace(/^[\s*]+/, '')
          .trim()
          .replace(/\s+/g, ' '),
        words,
      })
    }
    start = end
  }
  return sentences
}

function endsOf(plain: string): number[] {
  const stops = plain.matchAll(/[.!?]["'”’)\]]*(?=\s+["'“‘(]*[\p{Lu}\p{N}])/gu)
  const ends = Array.from(stops)
    .filter(({ index }) => !abbreviation.test(plain.slice(0, index)))
    .map(({ index, 0: stop }) => index + stop.length)
  return [...ends, plain.length]
}

function wordsOf(plain: string): string[] {
  return plain.split(/[\s–—]+/).flatMap((token) => {
    const word = token.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, '')
    return word === '' ? [] : [word.toLowerCase()]
  })
}

/** Replaces markup by as many characters: code spans by `X`, all other markup by spaces. */
function masked(text: string): string {
  return text
    .replace(/\{@(?:link|linkcode|linkplain)\s+([^}]*)\}/g, (span) => 'X'.repeat(span.length))
    .replace(/(`+)[\s\S]*?[^`]\1(?!`)/g, (span) => 'X'.repeat(span.length))
    .replace(/^\s*@\w+(?:\s+\{[^}]*\})?/gm, blank)
    .replace(/\]\([^)\s]*(?:\s+"[^"]*")?\)/g, blank)
    .replace(/!?\[|\]/g, blank)
    .replace(/<\/?[a-z][^>\n]*>/gi, blank)
    .replace(/\*+|(?<!\w)_+|_+(?!\w)/g, blank)
}

function blank(markup: string): string {
  return markup.replace(/[^\n]/g, ' ')
}
