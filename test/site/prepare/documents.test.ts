import assert from 'node:assert/strict'
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { addressOf, findDocuments } from '../../../site/prepare/documents.ts'
import { listedPages } from '../../../site/prepare/navigation.ts'
import { sidebarOf } from '../../../site/prepare/sidebar.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'

const root = join(import.meta.dirname, '../../..')

describe('Documents of the site', () => {
  const cases: [string, string][] = [
    ['README.md', ''],
    ['docs/README.md', 'docs'],
    ['docs/ARCHITECTURE.md', 'architecture'],
    ['docs/decisions/README.md', 'decisions'],
    ['deploy/docker/README.md', 'deploy/docker'],
    ['CHANGELOG.md', 'changelog'],
  ]
  for (const [path, address] of cases) {
    it(`have short addresses: ${path}`, () => assert.equal(addressOf(path), address))
  }

  it('are all Markdown files of docs, and none of an installed package', () => {
    const paths = findDocuments(root).map(({ path }) => path)
    const docs = globSync('docs/**/*.md', { cwd: root })
    assert.ok(docs.length > 80)
    assert.deepEqual(
      docs.filter((path) => !paths.includes(path)),
      [],
    )
    assert.deepEqual(
      paths.filter((path) => path.includes('node_modules')),
      [],
    )
  })

  it('refuse two files with the same address', async (context) => {
    const folder = await temporaryDirectory(context)
    mkdirSync(join(folder, 'docs'))
    writeFileSync(join(folder, 'SECURITY.md'), '# A\n')
    writeFileSync(join(folder, 'docs/security.md'), '# B\n')
    assert.throws(() => findDocuments(folder), /have the address \/security\//)
  })
})

describe('The sidebar of the site', () => {
  const listed = listedPages(readFileSync(join(root, 'docs/README.md'), 'utf8'))
  const documents = findDocuments(root)

  it('has every page of docs by a row of a table in docs/README.md', () => {
    const known = new Set(listed.map(({ path }) => path))
    const missing = globSync('docs/*.md', { cwd: root }).filter((path) => !known.has(path))
    assert.deepEqual(missing, ['docs/README.md'])
  })

  it('has every document of the repository', () => {
    const links = JSON.stringify(
      sidebarOf({ listed, documents, written: [], titleOf: (path) => path }),
    )
    const missing = documents.filter(({ address }) => !links.includes(linkOf(address)))
    assert.deepEqual(missing, [])
  })
})

function linkOf(address: string): string {
  return address === '' ? '"link":"/"' : `"link":"/${address}/"`
}
