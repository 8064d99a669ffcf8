import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { parse } from 'yaml'
import { type CodeBlock, codeBlocks } from './support/code-blocks/code-block.ts'
import { commandFaults } from './support/code-blocks/command-faults.ts'
import { compileErrors } from './support/code-blocks/compiled-blocks.ts'
import { runShellBlock } from './support/code-blocks/shell-commands.ts'
import { exporterFaults, yamlKind } from './support/code-blocks/yaml-faults.ts'
import { temporaryDirectory } from './support/programs/temporary-directory.ts'
import { need, promtool } from './support/tools.ts'

const root = join(import.meta.dirname, '..')
const pages = globSync(
  ['*.md', '{bench,collector-config,deploy,docs,examples,native,site}/**/*.md'],
  { cwd: root, exclude: ['**/node_modules/**'] },
).sort()
const blocks = pages.flatMap((page) => codeBlocks(join(root, page), page))
const of = (...languages: string[]): CodeBlock[] =>
  blocks.filter(({ language, notes }) => languages.includes(language) && !notes['run-by'])

/*
 * Each code block of the documents is compiled, or bash runs the block and checks its commands.
 * Blocks with `file:` notes, and others, are also run by tests of their own.
 */
describe('Each code block', () => {
  test('has a language that a test knows', () => {
    const known = [
      'sh',
      'js',
      'ts',
      'yaml',
      'json',
      'promql',
      'dockerfile',
      'hcl',
      'ini',
      'text',
      '',
    ]
    const others = blocks.filter(({ language }) => !known.includes(language))
    assert.deepEqual(
      others.map(({ place }) => place),
      [],
    )
    assert.ok(blocks.length > 120, `${blocks.length} blocks`)
  })

  test('without a language is the output of a program', () => {
    const code = of('', 'text').filter(({ text }) => /^(?:import |const |npm |npx )/m.test(text))
    assert.deepEqual(
      code.map(({ place }) => place),
      [],
    )
  })

  test('that names its test is in the named test', () => {
    const named = blocks.filter(({ notes }) => notes['run-by'] !== undefined)
    const lost = named.filter(({ notes, place }) => {
      const path = join(root, notes['run-by'] ?? '')
      const [page = ''] = place.split(':')
      return !existsSync(path) || !readFileSync(path, 'utf8').includes(page)
    })
    assert.deepEqual(
      lost.map(({ place }) => place),
      [],
    )
  })

  test('of JavaScript and TypeScript compiles', () => {
    const code = of('js', 'ts')
    assert.ok(code.length > 12)
    assert.deepEqual(compileErrors(code), [])
  })

  test('of JSON parses', () => {
    for (const { place, text } of of('json')) assert.ok(isJson(text), place)
  })

  for (const block of of('sh')) {
    test(`of shell, ${block.place}, runs and names real commands`, async (context) => {
      assert.deepEqual(await shellFaults(context, block), [])
    })
  }

  for (const block of of('yaml')) {
    test(`of YAML, ${block.place}, is valid`, async (context) => {
      const kind = yamlKind(block)
      assert.notEqual(kind, 'other', 'name the test that runs the block: <!-- run-by: test/… -->')
      if (kind === 'exporter') assert.deepEqual(exporterFaults(block), [])
      else await checkByPromtool(context, kind === 'rules' ? parse(block.text) : block.text)
    })
  }

  for (const block of of('promql')) {
    test(`of PromQL, ${block.place}, is a query`, async (context) => {
      // An empty line or a comment separates queries.
      const queries = block.text.split(/\n(?=#|\s*\n)/).filter((text) => text.trim() !== '')
      await checkByPromtool(
        context,
        queries.map((expr) => ({ record: 'a:b:c', expr })),
      )
    })
  }
})

async function shellFaults(context: TestContext, block: CodeBlock): Promise<string[]> {
  if (/>\s*\//.test(block.text.replaceAll('>/dev/null', ''))) return ['writes to an absolute path']
  const directory = await temporaryDirectory(context)
  const { commands, stderr } = runShellBlock(block.text, directory)
  if (stderr !== '') return [stderr]
  return commands.flatMap((command) => commandFaults(command, directory))
}

/** A text is a configuration of Prometheus. */
async function checkByPromtool(context: TestContext, checked: unknown): Promise<void> {
  const program = need(context, promtool())
  if (program === undefined) return
  const file = join(await temporaryDirectory(context), 'block.yml')
  const isConfig = typeof checked === 'string'
  const rules = { groups: [{ name: 'block', rules: checked }] }
  await writeFile(file, isConfig ? checked : JSON.stringify(rules))
  const args = isConfig ? ['check', 'config', '--syntax-only', file] : ['check', 'rules', file]
  execFileSync(program, args, { encoding: 'utf8', stdio: 'pipe', timeout: 60_000 })
}

/** One value, or a value on each line or each few lines. */
function isJson(text: string): boolean {
  const values = text.split(/\n(?=[{[])/)
  return [text, ...values].some(parses) && (parses(text) || values.every(parses))
}

function parses(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
