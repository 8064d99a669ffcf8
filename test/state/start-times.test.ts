import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { catalog } from '../../src/model/catalog/catalog.ts'
import { descriptorOf } from '../../src/model/catalog/declaration.ts'
import { startTimes } from '../../src/state/start-times.ts'
import { apartRules, usualRules } from '../support/merging.ts'

describe('the start of a series is', () => {
  const workers = new Map([
    ['worker_1_1700000050', 1_700_000_050],
    ['undefined', 5],
  ])
  const own = descriptorOf(catalog.requests)
  const application = { ...own, name: 'orders', scope: 'shop' }
  const labelled = { worker_id: 'worker_1_1700000050' }

  for (const [what, keepsWorkerId, descriptor, attributes, start] of [
    ['the worker’s start for a worker’s series', false, own, labelled, 1_700_000_050],
    ['the epoch for a series of all workers', false, own, { reason: 'hup' }, 1_700_000_000],
    ['the epoch for a forgotten worker', false, own, { worker_id: 'x' }, 1_700_000_000],
    ['the epoch for a label of the application', false, application, labelled, 1_700_000_000],
    ['the worker’s start with worker_id kept', true, application, labelled, 1_700_000_050],
    ['the epoch without worker_id, with worker_id kept', true, application, {}, 1_700_000_000],
  ] as const) {
    test(what, () => {
      const rules = keepsWorkerId ? apartRules : usualRules
      const startOf = startTimes({ epochSeconds: 1_700_000_000, workers, rules })
      assert.equal(startOf(descriptor, attributes), start)
    })
  }
})
