import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { rewriteLinks } from '../../../site/prepare/links.ts'

const pages = new Map([
  ['README.md', ''],
  ['docs/run.md', 'run'],
  ['deploy/README.md', 'deploy'],
])

const options = {
  path: 'docs/page.md',
  base: '/site/',
  pageOf: (path: string) => pages.get(path),
  sourceOf: (path: string) => (path.startsWith('src') ? `source/${path}/` : undefined),
}

describe('Links of a document', () => {
  const cases: [string, string, string][] = [
    ['a page beside', '[run](run.md)', '[run](/site/run/)'],
    ['a heading of a page', '[run](run.md#deploy)', '[run](/site/run/#deploy)'],
    ['the landing page', '[it](../README.md#start)', '[it](/site/#start)'],
    ['the README of a folder', '[it](../deploy/)', '[it](/site/deploy/)'],
    ['a source', '[`a`](../src/a.ts)', '[`a`](/site/source/src/a.ts/)'],
    ['nothing that is shown', '[a `b` c](../missing.bin).', 'a `b` c.'],
    ['a heading of the same page', '[it](#there)', '[it](#there)'],
    ['another server', '[it](https://example.com/a.md)', '[it](https://example.com/a.md)'],
    [
      'an image in a link',
      '[![a](../src/a.png)](run.md)',
      '[![a](/site/source/src/a.png/)](/site/run/)',
    ],
    ['code in a line', '`[run](run.md)`', '`[run](run.md)`'],
    ['code in a fence', '```\n[run](run.md)\n```', '```\n[run](run.md)\n```'],
    [
      'a line after a fence',
      '```sh\na `b\n```\n[run](run.md)',
      '```sh\na `b\n```\n[run](/site/run/)',
    ],
  ]
  for (const [name, text, expected] of cases) {
    it(`lead to ${name}`, () => assert.equal(rewriteLinks(text, options), expected))
  }
})
