import type { Sentence } from './sentences.ts'
import { spreadOf } from './spread.ts'

export interface Prose {
  readonly words: number
  readonly sentences: number
  readonly meanWords: number
  readonly p90Words: number
  /** Sentences of more words than `longSentence`. */
  readonly long: number
  readonly longest: { readonly words: number; readonly at: string; readonly text: string }
  readonly pronounsPer100Words: number
  readonly whoPer1000Words: number
}

/** Words in a sentence that are still allowed. */
export const longSentence = 35

const pronouns = new Set(
  (
    'it its itself this that these those one ones what whatever which they them their theirs ' +
    'themselves he him his himself she her hers herself we us our ours ourselves'
  ).split(' '),
)
const personal = new Set(
  (
    'who whom whose whoever whomever nobody somebody anybody everybody ' + 'someone anyone everyone'
  ).split(' '),
)

export function proseOf(sentences: readonly Sentence[]): Prose {
  const lengths = spreadOf(sentences.map(({ words }) => words.length))
  const longest = sentences.find(({ words }) => words.length === lengths.max)
  const words = sentences.flatMap((sentence) => sentence.words)
  return {
    words: words.length,
    sentences: sentences.length,
    meanWords: rounded(words.length / sentences.length),
    p90Words: lengths.p90,
    long: sentences.filter((sentence) => sentence.words.length > longSentence).length,
    longest: {
      words: lengths.max,
      at: longest ? `${longest.path}:${longest.line}` : '',
      text: longest?.text ?? '',
    },
    pronounsPer100Words: rounded((100 * countIn(words, pronouns)) / words.length),
    whoPer1000Words: rounded((1000 * countIn(words, personal)) / words.length),
  }
}

function countIn(words: readonly string[], set: ReadonlySet<string>): number {
  return words.filter((word) => set.has(word.replace(/[’'].*$/, ''))).length
}

/** To one decimal; 0 where nothing was measured. */
function rounded(value: number): number {
  return Number.isFinite(value) ? Math.round(value * 10) / 10 : 0
}
