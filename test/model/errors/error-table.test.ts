import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { parseSync } from 'oxc-parser'
import { catalog } from '../../../src/commands/doctor/catalog/finding.ts'
import { errorTable, errorTopics } from '../../../src/model/errors/error-table.ts'

const root = join(import.meta.dirname, '../../..')
const tableFolder = 'src/model/errors/'
const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => ({ path: `src/${path}`, text: readFileSync(join(root, 'src', path), 'utf8') }))
const users = files.filter(({ path }) => !path.startsWith(tableFolder))
const codes = Object.keys(errorTable)

describe('The table of error codes', () => {
  test('has each code once, in one topic', () => {
    const listed = Object.values(errorTopics).flatMap((errors) => Object.keys(errors))
    assert.deepEqual(listed.toSorted(), codes.toSorted())
    assert.equal(new Set(listed).size, listed.length)
  })

  test('has names of one form, and whole sentences', () => {
    for (const [code, { meaning, remedy }] of Object.entries(errorTable)) {
      assert.match(code, /^GPE_[A-Z0-9]+(?:_[A-Z0-9]+)*$/)
      for (const text of [meaning, remedy]) assert.match(text, /^[A-Z`].*\.$/s, `${code}: ${text}`)
    }
  })

  test('has no code without a use in the sources, and the sources have no other code', () => {
    const used = new Set(users.flatMap(({ text }) => text.match(/\bGPE_[A-Z0-9_]+/g) ?? []))
    assert.deepEqual([...used].toSorted(), codes.toSorted())
  })

  test('names findings that doctor has', () => {
    const names = Object.values(errorTable).flatMap(({ findings }) => findings ?? [])
    assert.deepEqual(
      names.filter((name) => !Object.hasOwn(catalog, name)),
      [],
    )
  })

  test('gives a code to each error that the public API throws and to no text by hand', () => {
    const wrong = users.flatMap(({ path, text }) =>
      [...text.matchAll(/\(GPE_/g)].map(() => `${path} writes a code into a text`),
    )
    assert.deepEqual(wrong, [])
  })
})

/** Entries of the package and of commands throw to a person. Other errors are caught by us. */
const entries = [
  'src/index.ts',
  'src/master/drains/on-drain.ts',
  'src/master/hooks/load-hooks.ts',
  'src/master/pid-file.ts',
  'src/master/warm-up/on-warm-up.ts',
  'src/support/process/accounts.ts',
  'src/support/process/create-require.ts',
]
const folders = ['src/sdk/', 'src/commands/run/', 'src/commands/check/', 'src/commands/serve/']
/** Thrown within `attempt` of the same file, which gives the code. */
const caught = ['src/commands/run/surroundings.ts']

describe('Errors for a person', () => {
  for (const { path, text } of users) {
    const isPublic = entries.includes(path) || folders.some((folder) => path.startsWith(folder))
    if (!isPublic || caught.includes(path) || !text.includes('throw ')) continue
    test(`${path} throws errors with a code only`, () => {
      const thrown = classesThrown(path, text)
      assert.deepEqual(
        thrown.filter((name) => name !== 'ConfigError'),
        [],
      )
    })
  }
})

/** The classes of `throw new …`. */
function classesThrown(path: string, text: string): string[] {
  const { program } = parseSync(path, text)
  const found: string[] = []
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    const { type, argument } = node as { type?: string; argument?: Thrown }
    if (type === 'ThrowStatement' && argument?.type === 'NewExpression') {
      found.push(argument.callee?.name ?? 'unknown')
    }
    for (const value of Object.values(node)) visit(value)
  }
  visit(program)
  return found
}

interface Thrown {
  readonly type: string
  readonly callee?: { readonly name?: string }
}
