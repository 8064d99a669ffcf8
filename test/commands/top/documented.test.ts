import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { defaultOrder } from '../../../src/commands/top/state/top-state.ts'
import { headLine, layoutOf } from '../../../src/commands/top/tables/layout.ts'
import { viewNames } from '../../../src/commands/top/tables/table.ts'
import { withTable } from '../../../src/commands/top/tables/tables.ts'
import { topJson } from '../../../src/commands/top/top-json.ts'
import { topOptions } from '../../../src/commands/top/top-options.ts'
import { topLimits } from '../../../src/limits/tools/top.ts'
import { liveReading, liveWorker } from '../../support/top/documents.ts'

const text = readFileSync(join(import.meta.dirname, '../../../docs/top.md'), 'utf8')

/** The cells of the table below a heading. */
function cells(heading: string): string[][] {
  const section = text.split(new RegExp(`^#{2,3} ${heading}$`, 'm'))[1]?.split(/^#/m)[0] ?? ''
  const rows = section
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(1)
  return rows.map((row) =>
    row
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}

describe('docs/top.md', () => {
  for (const view of viewNames) {
    test(`has every column of ${view}, with the name for --sort`, () => {
      const heading = `${view.slice(0, 1).toUpperCase()}${view.slice(1)}`
      const documented = cells(heading).map(([title, name]) => `${title} ${name}`)
      const real = withTable(view, ({ columns }) =>
        columns.map(({ title, name, value }) => `${title} ${value ? name : ''}`),
      )
      assert.deepEqual(documented, real)
    })
  }

  test('has screens with the columns of their width', () => {
    const options = { ...defaultOrder('workers') }
    for (const width of [80, 120]) {
      withTable('workers', (table) => {
        assert.ok(text.includes(`\n${headLine(layoutOf(table, [], width), options).trimEnd()}\n`))
      })
    }
    withTable('deaths', (table) => {
      const head = headLine(layoutOf(table, [], 80), defaultOrder('deaths')).trimEnd()
      assert.ok(text.includes(`\n${head}\n`), head)
    })
  })

  test('has every field of the JSON object, and of its workers', () => {
    const state = { view: 'workers', ...defaultOrder('workers'), filter: '' } as const
    const reading = liveReading({ workers: [liveWorker()] })
    const shown = { state: { ...state, intervalSeconds: 2 }, shownTarget: 'http://shop:9091' }
    const object = topJson(reading, shown)
    const rows = cells('The JSON object')
    assert.deepEqual(
      rows.map(([field]) => field?.replaceAll('`', '')),
      Object.keys(object),
    )
    const workers = rows.find(([field]) => field === '`workers`')?.[2] ?? ''
    assert.deepEqual(
      Array.from(workers.matchAll(/`(\w+)`/g), ([, name]) => name).sort(),
      Object.keys(object.workers[0] ?? {}).sort(),
    )
  })

  test('has every option, and the limits of the interval', () => {
    const unnamed = ['config', 'help', 'version', 'once', 'json']
    for (const name of Object.keys(topOptions)) {
      assert.ok(unnamed.includes(name) || text.includes(`--${name}`), name)
    }
    const { leastIntervalSeconds, mostIntervalSeconds, intervalSeconds } = topLimits
    const words = `${leastIntervalSeconds} to ${mostIntervalSeconds}, ${intervalSeconds} by default`
    assert.ok(text.includes(words), words)
  })
})
