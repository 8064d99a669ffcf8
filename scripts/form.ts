import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { groupBy } from './form/group-by.ts'
import { longLines } from './form/long-lines.ts'
import {
  type Form,
  formOf,
  type Repository,
  readRepository,
  sentencesByGroup,
} from './form/measure.ts'
import { occurrencesOf, ownWords } from './form/own-words.ts'
import { proseOf } from './form/prose.ts'
import { aligned, listsOf, proseTableOf, tableOf } from './form/report.ts'

const help = `Usage: node scripts/form.ts [options]

Measures the form of this repository: sizes of files and functions, type assertions, names,
folders, imports, long lines, and the prose of comments, HELP texts and Markdown files.

  --root DIR      measures the repository in DIR (default: this repository)
  --in PATH       measures prose, and lists findings, only below PATH, such as src/relay
  --json          prints the figures as JSON
  --against FILE  compares the figures with the JSON in FILE

Lists instead of figures:
  --sentences N   sentences of more than N words
  --words [WORD]  places of words of our own making, or of the words given
  --lines         lines over the limit; the exit code is 1 if there is one
  --prose         only the prose figures, also by file where --in is given
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    root: { type: 'string', default: join(import.meta.dirname, '..') },
    in: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
    against: { type: 'string' },
    sentences: { type: 'string' },
    words: { type: 'boolean', default: false },
    lines: { type: 'boolean', default: false },
    prose: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

process.stdout.write(values.help ? help : output())

function output(): string {
  const repository = readRepository(values.root)
  if (values.lines) return linesOver(repository)
  if (values.words) return places(repository)
  if (values.sentences !== undefined) return sentencesAbove(repository, Number(values.sentences))
  if (values.prose) return proseByFile(repository)
  const form = formOf(repository)
  if (values.json) return `${JSON.stringify(form, undefined, 2)}\n`
  const before = values.against === undefined ? undefined : formIn(values.against)
  const tables = [tableOf(form, before), proseTableOf(form.prose, before?.prose)]
  return [...tables, listsOf(form)].join('\n')
}

/** A file that `--json` wrote. */
function formIn(path: string): Form {
  return JSON.parse(readFileSync(path, 'utf8'))
}

function linesOver({ code, markdown }: Repository): string {
  const lines = [...code, ...markdown].flatMap(longLines).filter(isAskedFor)
  if (lines.length > 0) process.exitCode = 1
  const rows = lines.map(({ path, line, columns }) => `${path}:${line} (${columns} columns)\n`)
  return `${rows.join('')}Lines over the limit: ${lines.length}\n`
}

function places({ code, markdown }: Repository): string {
  const words = positionals.length > 0 ? positionals : ownWords
  const found = [...code, ...markdown]
    .filter(({ path }) => /^(?:src|docs)\/|^[^/]*\.md$/.test(path))
    .filter(isAskedFor)
    .flatMap((file) => occurrencesOf(file, words))
  const rows = found.map(({ path, line, word, text }) => `${path}:${line} ${word}: ${text}\n`)
  const counts = groupBy(found, ({ word }) => word)
  const totals = Array.from(counts, ([word, each]) => [word, `${each.length}`])
  return `${rows.join('')}\n${aligned([...totals, ['all', `${found.length}`]])}`
}

function sentencesAbove(repository: Repository, words: number): string {
  const long = [...sentencesByGroup(repository).values()]
    .flat()
    .filter((sentence) => sentence.words.length > words && isAskedFor(sentence))
  const rows = long.map(({ path, line, text, words: { length } }) => {
    return `${path}:${line} (${length} words) ${text}\n`
  })
  return `${rows.join('')}Sentences of more than ${words} words: ${long.length}\n`
}

function proseByFile(repository: Repository): string {
  const groups = [...sentencesByGroup(repository)].flatMap(([group, sentences]) => {
    const asked = sentences.filter(isAskedFor)
    if (values.in === '') return [[group, asked] as const]
    const files = groupBy(asked, ({ path }) => `  ${path}`)
    return asked.length > 0 ? [[group, asked] as const, ...files] : []
  })
  return proseTableOf(
    Object.fromEntries(groups.map(([name, sentences]) => [name, proseOf(sentences)])),
  )
}

function isAskedFor({ path }: { readonly path: string }): boolean {
  return path.startsWith(values.in)
}
