import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { packExporter } from '../../../scripts/pack-exporter.ts'
import { checkExample } from '../../support/examples/check-example.ts'
import { examples } from '../../support/examples/example-readme.ts'
import { exampleRows } from '../../support/examples/example-rows.ts'
import { latestFirst } from '../../support/programs/belongings.ts'

/*
 * Installs each example with the packed package, and does what its README says. The page must
 * show the output of the README, and the multiple of it after repeated requests.
 */

const parent = mkdtempSync(join(tmpdir(), 'gunicorn-prometheus-exporter-examples-'))
let tarball = ''

before(async () => {
  tarball = await packExporter(parent)
})
after(() => rmSync(parent, { recursive: true, force: true }))

const folders = readdirSync(examples, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)

test('Each folder of examples has a README, a row in the table, and a test', () => {
  const table = readFileSync(join(examples, 'README.md'), 'utf8')
  for (const name of folders) {
    assert.ok(table.includes(`](${name}/README.md)`), name)
    assert.ok(readFileSync(join(examples, name, 'README.md'), 'utf8').length > 100, name)
  }
  assert.deepEqual(Object.keys(exampleRows).sort(), folders)
})

describe('The README of the example', { concurrency: 2 }, () => {
  for (const [name, row] of Object.entries(exampleRows)) {
    test(`${name} says what its reader sees`, async (context) => {
      await checkExample(latestFirst(context), { name, row, tarball, parent })
    })
  }
})
