import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { brokenLinks } from './support/links.ts'

const root = join(import.meta.dirname, '..')
const pages = globSync(['*.md', '{docs,collector-config,bench,examples}/**/*.md'], { cwd: root })

describe('Each page of the documentation', () => {
  for (const page of pages) {
    test(`${page} has links to files and headings that exist`, async () => {
      assert.deepEqual(await brokenLinks({ root, document: page }), [])
    })
  }

  test('is in the list of pages', () => assert.ok(pages.length > 10))
})
