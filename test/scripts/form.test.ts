import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { folderSizes, importsAmong, stageOf } from '../../scripts/form/folders.ts'
import { longLines } from '../../scripts/form/long-lines.ts'
import { formOf, readRepository } from '../../scripts/form/measure.ts'
import { occurrencesOf } from '../../scripts/form/own-words.ts'
import { passagesOf } from '../../scripts/form/passages.ts'
import { folderOf } from '../../scripts/form/paths.ts'
import { proseOf } from '../../scripts/form/prose.ts'
import { aligned, proseTableOf, tableOf } from '../../scripts/form/report.ts'
import { sentencesOf } from '../../scripts/form/sentences.ts'
import { readSource, type Source } from '../../scripts/form/source.ts'
import { spreadOf } from '../../scripts/form/spread.ts'

const run = promisify(execFile)

describe('spreadOf', () => {
  test('takes the percentiles by nearest rank', () => {
    const sizes = [10, 1, 9, 2, 8, 3, 7, 4, 6, 5]
    assert.deepEqual(spreadOf(sizes), { count: 10, p50: 5, p90: 9, max: 10 })
  })

  test('gives zeros for an empty set', () => {
    assert.deepEqual(spreadOf([]), { count: 0, p50: 0, p90: 0, max: 0 })
  })
})

describe('readSource', () => {
  test('counts the lines of a file with and without a last line break', () => {
    assert.equal(source('const a = 1\nconst b = 2\n').lines, 2)
    assert.equal(source('const a = 1\nconst b = 2').lines, 2)
    assert.equal(source('').lines, 0)
  })

  test('measures functions, methods and arrow functions, but no overloads', () => {
    const code = `function long(a: string): void
function long(a: unknown): void {
  void a
}
const short = (): number => 1
class Thing {
  method(): void {
    short()
  }
}
`
    assert.deepEqual(source(code).functions, [3, 1, 3])
  })

  test('counts type assertions, but not `as const`', () => {
    const code = `const a = b as string
const c = [1] as const
const d = <string>e
const f = <const>[1]
const g = h!.i
`
    assert.deepEqual(source(code).assertions, { as: 1, angle: 1, nonNull: 1 })
  })

  test('finds exported names of all kinds, but no re-exported names', () => {
    const code = `import { imported } from './imported.ts'
export const a = 1, b = 2
export function c(): void {}
export class D {}
export interface E {}
export type F = string
const local = 1
export { local as g, imported }
export { h } from './h.ts'
`
    assert.deepEqual(source(code).exportedNames, ['a', 'b', 'c', 'D', 'E', 'F', 'g'])
  })

  test('finds imports, re-exports, dynamic imports and types of imports', () => {
    const code = `import { a } from './a.ts'
export { b } from './b.ts'
export * from './c.ts'
const d = import('./d.ts')
type E = import('./e.ts').E
`
    assert.deepEqual(source(code).imports, ['./a.ts', './b.ts', './c.ts', './d.ts', './e.ts'])
  })

  test('joins adjacent line comments, and leaves out comments for tools', () => {
    const code = `// One sentence
// on two lines.
const a = 1 // Behind code.
// biome-ignore lint/style/x: reason
const b = 2
/**
 * A block.
 */
`
    assert.deepEqual(source(code).comments, [
      { line: 1, text: 'One sentence\non two lines.' },
      { line: 3, text: 'Behind code.' },
      { line: 6, text: '\nA block.\n' },
    ])
  })

  test('reads help from strings, sums and templates', () => {
    const code = `const a = { help: 'One.' }
const b = { help: 'Two ' + 'parts.' }
const c = { help: \`At most \${limit}.\`, other: 'no help' }
`
    const texts = source(code).helpTexts
    assert.deepEqual(texts, [
      { line: 1, text: 'One.' },
      { line: 2, text: 'Two parts.' },
      { line: 3, text: 'At most X.' },
    ])
  })

  test('names the file that does not parse', () => {
    assert.throws(() => source('const = 1'), /src\/a\.ts does not parse: /)
  })
})

describe('folderSizes', () => {
  test('puts the folder with most files first, and does not count files of sub-folders', () => {
    assert.deepEqual(folderSizes(['a/1', 'b/1', 'b/2', 'a/c/1', 'a/c/2']), [
      { folder: 'a/c', files: 2 },
      { folder: 'b', files: 2 },
      { folder: 'a', files: 1 },
    ])
  })
})

describe('importsAmong', () => {
  const sources = [
    importing('src/a/x/one.ts', '../../b/two.ts', '../../g/nine.ts'),
    importing('src/b/two.ts', '../c/three.ts', 'node:fs'),
    importing('src/c/three.ts', '../a/y/four.ts'),
    importing('src/a/y/four.ts', './five.ts'),
    importing('src/d/six.ts', '../e/seven.ts'),
    importing('src/e/seven.ts', '../d/six.ts'),
    importing('src/f/eight.ts', '../a/x/one.ts'),
    importing('src/g/nine.ts', 'node:fs'),
  ]

  test('finds a circle of stages where the folders have none', () => {
    assert.deepEqual(importsAmong(sources, stageOf).circles, [
      ['src/a', 'src/b', 'src/c'],
      ['src/d', 'src/e'],
    ])
    assert.deepEqual(importsAmong(sources, folderOf).circles, [['src/d', 'src/e']])
  })

  test('finds two folders that import each other', () => {
    assert.deepEqual(importsAmong(sources, folderOf).pairs, [['src/d', 'src/e']])
  })
})

describe('longLines', () => {
  const word = 'a '.repeat(60)

  test('allows 100 columns in code and 120 in Markdown', () => {
    assert.deepEqual(columns('a.ts', word.slice(0, 100)), [])
    assert.deepEqual(columns('a.ts', word.slice(0, 101)), [101])
    assert.deepEqual(columns('a.md', word.slice(0, 120)), [])
    assert.deepEqual(columns('a.md', `${word}a`), [121])
    assert.deepEqual(columns('a.yaml', `${word}a`), [])
  })

  test('counts a character beyond the basic plane as one column', () => {
    assert.deepEqual(columns('a.ts', '𝒂'.repeat(100)), [])
  })

  test('allows rows of Markdown tables', () => {
    assert.deepEqual(columns('a.md', `| ${word}|`), [])
    assert.deepEqual(columns('a.ts', `| ${word}|`), [123])
  })

  test('allows samples of a page in Markdown', () => {
    const sample = `requests_total{route="/${'a'.repeat(120)}"} 1`
    assert.deepEqual(columns('a.md', sample), [])
    assert.deepEqual(columns('a.md', `See ${sample}`), [151])
    assert.deepEqual(columns('a.ts', sample), [147])
  })

  test('allows a line that ends with a URL from before the limit', () => {
    const url = `https://example.com/${'a'.repeat(100)}`
    assert.deepEqual(columns('a.ts', `// ${url}`), [])
    assert.deepEqual(columns('a.ts', `// ${url} b`), [125])
    assert.deepEqual(columns('a.ts', `${word.slice(0, 100)}${url}`), [220])
  })
})

describe('passagesOf', () => {
  test('cuts paragraphs and list items', () => {
    assert.deepEqual(passages('One\ntwo.\n\n- three\n  four\n- five\n\n> six'), [
      'One\ntwo.',
      'three\n  four',
      'five',
      'six',
    ])
  })

  test('leaves out headings, tables, code and comments', () => {
    const text = `---
title: front matter
---
# Heading

| a | b |
|---|---|

\`\`\`sh
code

more code
\`\`\`
Prose.
<!-- a
comment -->

\`\`\`
\`\`\`
More prose.

    indented code

[link]: https://example.com
`
    assert.deepEqual(passages(text), ['Prose.', 'More prose.'])
  })

  test('keeps the line of each line', () => {
    const [, second] = passagesOf('a.md', { line: 5, text: 'One.\n\nTwo\nthree.' })
    assert.deepEqual(second, { path: 'a.md', text: 'Two\nthree.', lines: [7, 8] })
  })
})

describe('sentencesOf', () => {
  test('ends a sentence before a capital letter, a figure or a code span', () => {
    assert.deepEqual(
      sentences('One two. Three! (Four?) 5 six. `code` ends. Node.js is no end. it goes on').map(
        ({ words }) => words.join(' '),
      ),
      ['one two', 'three', 'four', '5 six', 'xxxxxx ends', 'node.js is no end it goes on'],
    )
  })

  test('does not end a sentence behind an abbreviation', () => {
    assert.equal(sentences('Some hosts, e.g. Linux, do.').length, 1)
  })

  test('counts a code span and a link as their words', () => {
    const text =
      'The `a b c` of {@link Thing} and [two words](https://example.com/a_b) in **bold**.'
    assert.deepEqual(
      sentences(text)[0]?.words.filter((word) => !word.startsWith('xx')),
      ['the', 'of', 'and', 'two', 'words', 'in', 'bold'],
    )
    assert.equal(sentences(text)[0]?.words.length, 9)
  })

  test('gives the line on which a sentence starts, and its text on one line', () => {
    const [, second] = sentences('One two\nthree. Four\nfive.')
    assert.equal(second?.line, 2)
    assert.equal(second?.text, 'Four five.')
  })

  test('leaves out the name of a JSDoc tag', () => {
    assert.deepEqual(sentences('@returns the page')[0]?.words, ['the', 'page'])
  })
})

describe('proseOf', () => {
  test('counts words, sentences and the longest sentence', () => {
    const long = `${'Word '.repeat(36)}ends.`
    const prose = proseOf(sentences(`One two three. ${long}`))
    assert.equal(prose.words, 40)
    assert.equal(prose.sentences, 2)
    assert.equal(prose.meanWords, 20)
    assert.equal(prose.long, 1)
    assert.deepEqual({ ...prose.longest, text: '' }, { words: 37, at: 'a.md:1', text: '' })
  })

  test('counts pronouns, also in short forms', () => {
    assert.equal(proseOf(sentences('It’s that which they read there.')).pronounsPer100Words, 66.7)
    assert.equal(proseOf(sentences('You read the page.')).pronounsPer100Words, 0)
  })

  test('counts who and the words of its kind', () => {
    assert.equal(proseOf(sentences('Nobody knows who reads.')).whoPer1000Words, 500)
  })

  test('gives zeros without sentences', () => {
    assert.equal(proseOf([]).meanWords, 0)
    assert.equal(proseOf([]).pronounsPer100Words, 0)
  })
})

describe('occurrencesOf', () => {
  test('finds a word in text, inside of names and in the name of the file', () => {
    const file = {
      path: 'src/told-changes.ts',
      text: 'const isTold = 1\nTOLD\n// told, told\nbold',
    }
    assert.deepEqual(
      occurrencesOf(file, ['told']).map(({ line }) => line),
      [0, 1, 2, 3],
    )
  })
})

describe('the report', () => {
  test('aligns columns', () => {
    assert.equal(
      aligned([
        ['a', 'bb'],
        ['ccc', 'd'],
      ]),
      'a    bb\nccc   d\n',
    )
  })
})

describe('the script', () => {
  const files: Record<string, string> = {
    'src/a/one.ts':
      "import { two } from '../b/two.ts'\n/** It waits. */\nexport const same = two\n",
    'src/b/two.ts': "import { same } from '../a/one.ts'\nexport const two = same as 2\n",
    'src/model/catalog/worker.ts': "export const same = { help: 'Bytes of memory.' }\n",
    'src/config/table.ts': "export const port = { help: 'port of the endpoint' }\n",
    'docs/guide.md': `# Guide\n\nOne leader. ${'Word '.repeat(36)}\n`,
    'README.md': 'A page.\n',
    'src/node_modules/x/index.ts': 'export const x = 1\n',
    'src/.hidden/y.ts': 'export const y = 1\n',
  }
  let root: string

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'form-'))
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, path)), { recursive: true })
      await writeFile(join(root, path), text)
    }
  })
  after(() => rm(root, { recursive: true }))

  test('measures all parts of a repository', () => {
    const form = formOf(readRepository(root))
    assert.deepEqual(form.files, { count: 4, p50: 1, p90: 3, max: 3 })
    assert.deepEqual(form.sharedNames, [
      { name: 'same', paths: ['src/a/one.ts', 'src/model/catalog/worker.ts'] },
    ])
    assert.deepEqual(form.assertions, {
      as: 1,
      angle: 0,
      nonNull: 0,
      total: 1,
      per1000Lines: 142.9,
    })
    assert.deepEqual(form.imports.stages.pairs, [['src/a', 'src/b']])
    assert.equal(form.longLines.markdown.count, 1)
    assert.deepEqual(
      Object.entries(form.prose).map(([group, { words }]) => [group, words]),
      [
        ['comments of src', 2],
        ['help of settings', 4],
        ['HELP texts', 3],
        ['README.md', 2],
        ['docs/**/*.md', 38],
      ],
    )
  })

  test('prints JSON, and compares with the JSON of another checkout', async () => {
    const before = join(root, 'before.json')
    const json = await form('--json')
    await writeFile(before, json)
    const measured = formOf(readRepository(root))
    assert.deepEqual(JSON.parse(json), measured)
    const printed = await form('--against', before)
    assert.ok(printed.includes(tableOf(measured, measured)))
    assert.ok(printed.includes(proseTableOf(measured.prose, measured.prose)))
    assert.match(tableOf(measured, measured), /^ +before +now\n/)
    assert.match(proseTableOf(measured.prose, measured.prose), /README\.md +2 > 2 +1 > 1/)
  })

  test('lists long sentences below a path', async () => {
    assert.match(
      await form('--sentences', '35'),
      /^docs\/guide\.md:3 \(36 words\) Word .*\nSentences of .*: 1\n/,
    )
    assert.match(await form('--sentences', '36'), /^Sentences of .*: 0\n/)
    assert.match(await form('--sentences', '35', '--in', 'src'), /^Sentences of .*: 0\n/)
  })

  test('lists own words, or the words given', async () => {
    assert.match(await form('--words'), /^docs\/guide\.md:3 leader: One leader\. /)
    assert.match(await form('--words', 'memory'), /^src\/model\/catalog\/worker\.ts:1 memory: /)
  })

  test('fails where a line is over the limit', async () => {
    await assert.rejects(form('--lines'), {
      code: 1,
      stdout: 'docs/guide.md:3 (192 columns)\nLines over the limit: 1\n',
    })
    assert.equal(await form('--lines', '--in', 'src'), 'Lines over the limit: 0\n')
  })

  test('prints the prose of each file below a path', async () => {
    assert.match(
      await form('--prose', '--in', 'src/a'),
      /comments of src +2 .*\n {2}src\/a\/one\.ts/,
    )
  })

  async function form(...options: readonly string[]): Promise<string> {
    const script = join(import.meta.dirname, '../../scripts/form.ts')
    const { stdout } = await run(process.execPath, [script, '--root', root, ...options])
    return stdout
  }
})

function source(text: string): Source {
  return readSource({ path: 'src/a.ts', text })
}

function importing(path: string, ...targets: readonly string[]): Source {
  const text = targets.map((target) => `import '${target}'\n`).join('')
  return readSource({ path, text })
}

function columns(path: string, text: string): number[] {
  return longLines({ path, text }).map((line) => line.columns)
}

function passages(text: string): string[] {
  return passagesOf('a.md', { line: 1, text }).map((passage) => passage.text)
}

function sentences(text: string): ReturnType<typeof sentencesOf> {
  return passagesOf('a.md', { line: 1, text }).flatMap(sentencesOf)
}
