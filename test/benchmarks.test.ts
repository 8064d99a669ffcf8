import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { noiseOf } from '../bench/support/report/noise.ts'
import { parts } from '../bench/support/report/parts.ts'
import { sectionOf, withSection } from '../bench/support/report/section.ts'
import { benchmarkSummary } from '../scripts/benchmark-summary.ts'

const document = readFileSync(new URL('../bench/README.md', import.meta.url), 'utf8')
const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8')

describe('bench/README.md', () => {
  for (const name of Object.keys(parts)) {
    test(`has the output of the part ${name}: machine, date, versions, load and a table`, () => {
      const [, section = ''] = document.split(`<!-- bench:${name} -->`)
      const [text = ''] = section.split(`<!-- /bench:${name} -->`)
      assert.match(text, /^- \d{4}-\d\d-\d\dT\d\d:\d\dZ, Node \d+\.\d+\.\d+, \d+ × /m)
      assert.match(text.replaceAll('\n  ', ' '), /load average \d+\.\d\d at the start/)
      assert.match(text, /^- gunicorn-prometheus-exporter \d+\.\d+\.\d+/m)
      assert.match(text, /^\|(---\|){2,}$/m)
      assert.match(text, /^- at the end: load average \d+\.\d\d$/m)
    })
  }

  for (const name of ['requests', 'requests-20', 'requests-26', 'peers']) {
    test(`has the noise of the tables of ${name}`, () => {
      const [, section = ''] = document.split(`<!-- bench:${name} -->`)
      const [text = ''] = section.split(`<!-- /bench:${name} -->`)
      const tables = text.split('\n### ').length - 1
      const noises = text.match(
        /^- noise of two equal servers, \d+ connections?: [\d.]+ to [\d.]+$/gm,
      )
      assert.ok(tables >= 1)
      assert.ok((noises?.length ?? 0) >= tables)
    })
  }

  test('names every part, and every program has a command', () => {
    for (const [name, { program }] of Object.entries(parts)) {
      assert.ok(document.includes(`\`${name}\``), name)
      assert.ok(manifest.includes(`bench/${program}`), program)
    }
  })
})

describe('The table of benchmarks in README.md', () => {
  test('has the figures of bench/README.md', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
    assert.ok(readme.includes(`<!-- benchmarks -->\n\n${benchmarkSummary(document)}\n<!-- /`))
  })

  test('is refused if a figure is missing', () => {
    const without = document.replaceAll('| a scrape after all series changed, ms |', '| other |')
    assert.throws(() => benchmarkSummary(without), /has no row a scrape after all series changed/)
  })
})

describe('The output of a benchmark', () => {
  test('becomes lists and compact tables in Markdown', () => {
    const long = Array.from({ length: 40 }, () => 'word').join(' ')
    const { title, body } = sectionOf(`Title\n\n  one\n  ${long}\n\n\n| a   |  b |\n| --- | -: |\n`)
    assert.equal(title, 'Title')
    assert.match(body, /^- one\n- word[ word]+\n {2}word[ word]+\n\n\| a \| b \|\n\|---\|---\|$/)
    assert.ok(body.split('\n').every((line) => line.length <= 120))
  })

  test('replaces the section of its part only', () => {
    const before = 'a\n<!-- bench:x -->\nold\n<!-- /bench:x -->\nb\n'
    const after = 'a\n<!-- bench:x -->\n\nnew\n\n<!-- /bench:x -->\nb\n'
    assert.equal(withSection(before, 'x', 'new'), after)
    assert.throws(() => withSection(before, 'y', 'new'), /no place for y/)
  })
})

test('The noise of two equal subjects is their quartiles, with 1 between them', () => {
  const noise = noiseOf([1.01, 1.02, 1.03, 1.04, 1.05])
  assert.deepEqual([noise.low, noise.high], [1, 1.04])
  assert.deepEqual([noise.holds(1.04), noise.holds(1.041), noise.holds(0.99)], [true, false, false])
})
