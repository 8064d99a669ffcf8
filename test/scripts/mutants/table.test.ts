import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withRows } from '../../../scripts/mutants/table.ts'

test('The table keeps rows of other files while these exist', () => {
  const before =
    'a\n<!-- mutants -->\n| `b` | 1 |\n| `c` | 2 |\n| `d` | 3 |\n<!-- /mutants -->\nz\n'
  const rows = new Map([
    ['d', '| `d` | 4 |\n'],
    ['a', '| `a` | 5 |\n'],
  ])
  const text = withRows(before, rows, (file) => file !== 'c')
  assert.match(text, /^a\n<!-- mutants -->\n\| file .*\n.*\n\| `a` \| 5 \|\n\| `b` \| 1 \|\n/)
  assert.match(text, /\| `d` \| 4 \|\n<!-- \/mutants -->\nz\n$/)
})
