import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { test } from 'node:test'
import { current, documents } from '../scripts/documents.ts'
import { table } from '../src/config/table.ts'
import { configVariable, toldVariable } from '../src/config/variables.ts'
import { exposedName } from '../src/exposition/text-names.ts'
import { catalog } from '../src/model/catalog/catalog.ts'
import { missingPaths } from './support/mentioned-paths.ts'

for (const { path, render } of documents) {
  test(`${path} agrees with the tables in the code (npm run docs writes the file)`, async () => {
    const text = await current(path)
    assert.equal(text, render(text))
    assert.ok(text.length > 1_000)
  })
}

test('docs/configuration.md has exactly the variables of the table', async () => {
  const document = await current('docs/configuration.md')
  const names = document.matchAll(
    /`((?:PROMETHEUS|OTEL|GUNICORN|REDIS|SIDECAR|WEB|CLEANUP|NODE)_[A-Z_]+)`/g,
  )
  const documented = new Set(Array.from(names, ([, name]) => name))
  const known = Object.values(table).flatMap(({ env }) => env)
  // Examples of variables that are no settings, and a variable between processes.
  const others = [toldVariable, 'GUNICORN_CMD_ARGS', 'PROMETHEUS_URL']
  assert.deepEqual([...documented].sort(), [...known, configVariable, ...others].sort())
})

test('Every path in the documents for contributors exists', async () => {
  const folder = await readdir(new URL('../docs/decisions/', import.meta.url))
  const decisions = folder.map((name) => `docs/decisions/${name}`)
  const documents = [
    'docs/ARCHITECTURE.md',
    'docs/testing.md',
    'CONTRIBUTING.md',
    'SECURITY.md',
    ...decisions,
  ]
  const missing = await Promise.all(
    documents.map(async (path) => missingPaths(path, await current(path))),
  )
  assert.ok(decisions.length > 11)
  assert.deepEqual(missing.flat(), [])
})

test('The index of decisions has every decision', async () => {
  const folder = await readdir(new URL('../docs/decisions/', import.meta.url))
  const index = await current('docs/decisions/README.md')
  const linked = Array.from(index.matchAll(/\]\((\d{4}-[\w-]+\.md)\)/g), ([, name]) => name)
  assert.deepEqual(linked, folder.filter((name) => name !== 'README.md').sort())
})

test('Every metric of the catalog is in docs/metrics.md once', async () => {
  const document = await current('docs/metrics.md')
  for (const declaration of Object.values(catalog)) {
    const type = declaration.kind === 'upDownCounter' ? 'gauge' : declaration.kind
    const name = exposedName(declaration).sample
    assert.equal(document.split(`| \`${name}\` | ${type} |`).length, 2, name)
  }
})

test('Decisions have the numbers from 1 on, without gaps, in file, title and list', async () => {
  const folder = await readdir(new URL('../docs/decisions/', import.meta.url))
  const files = folder.filter((name) => name !== 'README.md').sort()
  const list = await current('docs/decisions/README.md')
  for (const [index, file] of files.entries()) {
    const number = index + 1
    assert.equal(file.slice(0, 5), `${String(number).padStart(4, '0')}-`)
    assert.ok((await current(`docs/decisions/${file}`)).startsWith(`# ${number}. `), file)
    assert.ok(list.includes(`| [${number}. `) && list.includes(`](${file})`), file)
  }
})
