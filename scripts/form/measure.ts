import { type FolderSize, folderSizes, type Imports, importsAmong, stageOf } from './folders.ts'
import { groupBy } from './group-by.ts'
import { type LongLine, longLines } from './long-lines.ts'
import { passagesOf } from './passages.ts'
import {
  folderOf,
  isCode,
  isMarkdown,
  type Located,
  pathsBelow,
  readAll,
  type TextFile,
} from './paths.ts'
import { type Prose, proseOf } from './prose.ts'
import { type Sentence, sentencesOf } from './sentences.ts'
import { type Assertions, readSource, type Source } from './source.ts'
import { type Spread, spreadOf } from './spread.ts'

/** All text of a repository that the measures need. */
export interface Repository {
  /** Every file, also without text. */
  readonly paths: readonly string[]
  readonly code: readonly TextFile[]
  readonly markdown: readonly TextFile[]
  /** The files of src. */
  readonly sources: readonly Source[]
}

export interface Form {
  readonly files: Spread
  readonly longFiles: readonly { readonly path: string; readonly lines: number }[]
  readonly functions: Spread
  readonly assertions: Assertions & { readonly total: number; readonly per1000Lines: number }
  readonly sharedNames: readonly { readonly name: string; readonly paths: readonly string[] }[]
  /** Folders of src, test, scripts and docs. */
  readonly folders: readonly FolderSize[]
  readonly imports: { readonly stages: Imports; readonly folders: Imports }
  readonly longLines: { readonly code: LongLines; readonly markdown: LongLines }
  readonly prose: Readonly<Record<string, Prose>>
}

interface LongLines {
  readonly count: number
  readonly first: readonly LongLine[]
}

/** Lines that a file may have. */
export const longFile = 200
/** Long lines that the figures list. */
const listed = 10

export function readRepository(root: string): Repository {
  const paths = pathsBelow(root)
  const code = readAll(root, paths.filter(isCode))
  return {
    paths,
    code,
    markdown: readAll(root, paths.filter(isMarkdown)),
    sources: code.filter(({ path }) => path.startsWith('src/')).map(readSource),
  }
}

export function formOf(repository: Repository): Form {
  const { paths, code, markdown, sources } = repository
  return {
    files: spreadOf(sources.map(({ lines }) => lines)),
    longFiles: sources
      .filter(({ lines }) => lines > longFile)
      .map(({ path, lines }) => ({ path, lines }))
      .sort((a, b) => b.lines - a.lines),
    functions: spreadOf(sources.flatMap(({ functions }) => functions)),
    assertions: assertionsOf(sources),
    sharedNames: sharedNamesOf(sources),
    folders: folderSizes(paths.filter((path) => /^(?:src|test|scripts|docs)\//.test(path))),
    imports: {
      stages: importsAmong(sources, stageOf),
      folders: importsAmong(sources, folderOf),
    },
    longLines: { code: counted(code), markdown: counted(markdown) },
    prose: Object.fromEntries(
      Array.from(sentencesByGroup(repository), ([group, sentences]) => [group, proseOf(sentences)]),
    ),
  }
}

/** Sentences of the comments, the HELP texts and the Markdown files, by the name of the group. */
export function sentencesByGroup({ sources, markdown }: Repository): Map<string, Sentence[]> {
  const texts: GroupedText[] = [
    ...sources.flatMap(({ path, comments }) => grouped('comments of src', path, comments)),
    ...sources.flatMap(({ path, helpTexts }) => grouped(helpGroupOf(path), path, helpTexts)),
    ...markdown.flatMap(({ path, text }) => grouped(pageGroupOf(path), path, [{ line: 1, text }])),
  ]
  return new Map(
    Array.from(
      groupBy(texts, ({ group }) => group),
      ([group, members]) => [
        group,
        members.flatMap(({ path, text }) => passagesOf(path, text).flatMap(sentencesOf)),
      ],
    ),
  )
}

interface GroupedText {
  readonly group: string
  readonly path: string
  readonly text: Located
}

function grouped(group: string, path: string, texts: readonly Located[]): GroupedText[] {
  return texts.map((text) => ({ group, path, text }))
}

function helpGroupOf(path: string): string {
  return path.startsWith('src/model/catalog') ? 'HELP texts' : 'help of settings'
}

function pageGroupOf(path: string): string {
  return path.includes('/') ? `${path.split('/')[0]}/**/*.md` : path
}

function assertionsOf(sources: readonly Source[]): Form['assertions'] {
  const sum = (kind: keyof Assertions): number =>
    sources.reduce((total, { assertions }) => total + assertions[kind], 0)
  const counts = { as: sum('as'), angle: sum('angle'), nonNull: sum('nonNull') }
  const total = counts.as + counts.angle + counts.nonNull
  const lines = sources.reduce((all, source) => all + source.lines, 0)
  return { ...counts, total, per1000Lines: Math.round((10_000 * total) / Math.max(lines, 1)) / 10 }
}

function sharedNamesOf(sources: readonly Source[]): Form['sharedNames'] {
  const exports = sources.flatMap(({ path, exportedNames }) =>
    exportedNames.map((name) => ({ name, path })),
  )
  return Array.from(
    groupBy(exports, ({ name }) => name),
    ([name, homes]) => ({ name, paths: homes.map(({ path }) => path) }),
  )
    .filter(({ paths }) => paths.length > 1)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

function counted(files: readonly TextFile[]): LongLines {
  const lines = files.flatMap(longLines)
  return { count: lines.length, first: lines.slice(0, listed) }
}
