import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { headLine, layoutOf, rowLine } from '../../../../src/commands/top/tables/layout.ts'
import { viewNames } from '../../../../src/commands/top/tables/table.ts'
import { withTable } from '../../../../src/commands/top/tables/tables.ts'
import { workerTable } from '../../../../src/commands/top/tables/worker-table.ts'
import { columns, plainText } from '../../../../src/commands/top/text/style.ts'
import { liveWorker } from '../../../support/top/documents.ts'

const order = { sort: 'state', isReversed: false }
const ability = { hasColour: false, hasUnicode: true }

function heads(width: number): string[] {
  return headLine(layoutOf(workerTable, [], width), order).split(/ +/)
}

describe('The columns of workers', () => {
  test('are the most important columns on a usual terminal', () => {
    const usual = [
      'STATE▲',
      'WORKER',
      'PID',
      'UP',
      'REQ/S',
      'ACTIVE',
      'CPU',
      'MEM',
      'HEAP',
      'DELAY',
    ]
    assert.deepEqual(heads(80), usual)
  })

  test('are fewer on a narrow terminal, and all on a wide terminal', () => {
    assert.deepEqual(heads(40), ['STATE▲', 'WORKER', 'REQ/S', 'CPU'])
    const wide = heads(160)
    assert.ok(wide.includes('TREND') && wide.includes('REPORT') && wide.includes('REQUESTS'))
  })

  test('have the instance where workers have an instance', () => {
    const rows = [liveWorker({ instance: 'shop-1' })]
    assert.match(headLine(layoutOf(workerTable, rows, 160), order), /INSTANCE/)
  })
})

test('The lines of each table are as wide as the screen at most', () => {
  for (const view of viewNames) {
    withTable(view, (table) => {
      for (let width = 20; width < 260; width += 1) {
        const layout = layoutOf(table, [], width)
        const used = layout.columns.reduce((sum, each) => sum + each.width + 1, -1)
        // The most important column stays, also where it has no room.
        assert.ok(used <= width || layout.columns.length === 1, `${view} ${width}`)
      }
    })
  }
})

test('A row has its values below the heads', () => {
  const layout = layoutOf(workerTable, [], 80)
  const hang = { seconds: 252, heldBy: null, stack: null }
  const worker = liveWorker({ state: 'hanging', hang, ageSeconds: 11_100 })
  const line = rowLine(layout, worker, () => [])
  assert.equal(columns(line), 80)
  assert.equal(
    plainText(line, ability),
    'HANGING 4min  worker_1     4711   3h5min     13      2  3.4%   64MB  0.5%   12ms',
  )
})
