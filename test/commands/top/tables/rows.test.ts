import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { routeTable } from '../../../../src/commands/top/tables/route-table.ts'
import { orderedRows } from '../../../../src/commands/top/tables/rows.ts'
import { workerTable } from '../../../../src/commands/top/tables/worker-table.ts'
import { liveDocument, liveWorker } from '../../../support/top/documents.ts'

const hang = { seconds: 12, heldBy: 'spin (app.js:7:1)', stack: null }
const document = liveDocument({
  workers: [
    liveWorker({ workerId: 'worker_1_1', requestsPerSecond: 1, cpuPercent: null }),
    liveWorker({ workerId: 'worker_2_1', requestsPerSecond: 9, cpuPercent: 4 }),
    liveWorker({ workerId: 'worker_10_1', state: 'hanging', hang, cpuPercent: 99 }),
    liveWorker({ workerId: 'worker_3_1', state: 'stopped', cpuPercent: 0 }),
    liveWorker({ workerId: 'worker_4_1', listening: false, cpuPercent: 1 }),
  ],
  routes: [
    { method: 'GET', route: '/a', requests: 5, requestsPerSecond: 1, errors: 0, errorTypes: [] },
    { method: 'GET', route: '/b', requests: 1, requestsPerSecond: null, errors: 1, errorTypes: [] },
  ],
})

function ids(sort: string, isReversed = false, filter = ''): string {
  const rows = orderedRows(workerTable, document, { sort, isReversed, filter })
  return rows.map(({ workerId }) => workerId.split('_')[1]).join(' ')
}

describe('Workers', () => {
  test('that need a person are first, and then the most busy worker', () => {
    assert.equal(ids('state'), '10 3 4 2 1')
  })

  test('have an order for each column, in both directions', () => {
    assert.equal(ids('worker'), '1 2 3 4 10')
    assert.equal(ids('worker', true), '10 4 3 2 1')
  })

  test('with an unknown value are last in both directions', () => {
    assert.equal(ids('cpu'), '10 2 4 3 1')
    assert.equal(ids('cpu', true), '3 4 2 10 1')
  })

  test('are filtered by state, id, pid and what holds the loop', () => {
    assert.equal(ids('state', false, 'hANGing'), '10')
    assert.equal(ids('state', false, 'app.js'), '10')
    assert.equal(ids('state', false, 'worker_1_'), '1')
    assert.equal(ids('state', false, 'nothing'), '')
  })
})

test('Routes are filtered by path and sorted by load', () => {
  const order = { sort: 'rate', isReversed: false, filter: '' }
  const paths = orderedRows(routeTable, document, order).map(({ route }) => route)
  assert.deepEqual(paths, ['/a', '/b'])
  assert.equal(orderedRows(routeTable, document, { ...order, filter: '/b' }).length, 1)
})
