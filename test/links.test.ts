import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, test } from 'node:test'

const root = join(import.meta.dirname, '..')
const pages = globSync(['*.md', '{docs,collector-config,bench,examples}/**/*.md'], { cwd: root })

describe('Each page of the documentation', () => {
  for (const page of pages) {
    const text = readFileSync(join(root, page), 'utf8')

    test(`${page} has links to files and headings that exist`, () => {
      const broken = linksOf(text).filter((link) => !isExisting(page, link))
      assert.deepEqual(broken, [])
    })
  }

  test('is found', () => assert.ok(pages.length > 10))
})

function proseOf(text: string): string {
  return text.replace(/^```[\s\S]*?^```/gm, '')
}

/** Relative links only, because tests need no network. */
function linksOf(text: string): string[] {
  const targets = Array.from(
    proseOf(text).matchAll(/\]\(([^)\s]+)\)/g),
    ([, target = '']) => target,
  )
  return targets.filter((target) => !/^[a-z]+:/.test(target))
}

function isExisting(page: string, link: string): boolean {
  const [path = '', anchor] = link.split('#')
  const file = path === '' ? join(root, page) : join(root, dirname(page), path)
  if (relative(root, file).startsWith('..') || !existsSync(file)) return false
  return anchor === undefined || anchorsOf(readFileSync(file, 'utf8')).has(anchor)
}

/** The anchors that GitHub makes from headings. */
function anchorsOf(text: string): Set<string> {
  const headings = Array.from(proseOf(text).matchAll(/^#+ (.+)$/gm), ([, heading = '']) => heading)
  return new Set(headings.map((heading) => anchorOf(heading)))
}

function anchorOf(heading: string): string {
  const kept = heading.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, '')
  return kept.replaceAll(' ', '-')
}
