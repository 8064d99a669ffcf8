import assert from 'node:assert/strict'
import { test } from 'node:test'
import { logLimits } from '../../src/limits/log.ts'
import { ChangeLogLimit } from '../../src/log/rate-limit.ts'
import { eventually } from '../support/programs/app.ts'

const hour = 3_600_000

function started(periodMs: number): { told: string[]; changes: ChangeLogLimit } {
  const told: string[] = []
  return { told, changes: new ChangeLogLimit({ print: (text) => told.push(text), periodMs }) }
}

test('a state that comes back is told again', () => {
  const { told, changes } = started(hour)
  for (const text of ['bad', 'good', 'bad', 'good']) changes.print('push', text)
  assert.deepEqual(told, ['bad', 'good', 'bad', 'good'])
})

test('one that changes too often is not, and others are', () => {
  const { told, changes } = started(hour)
  for (let count = 0; count < 1_000; count += 1) changes.print('push', `state ${count}`)
  assert.equal(told.length, logLimits.stateChanges)
  changes.print('redis', 'bad')
  assert.equal(told.at(-1), 'bad')
})

test('the last state is told in the end, and only that', async () => {
  const { told, changes } = started(300)
  for (let count = 0; count < 1_000; count += 1) changes.print('push', `state ${count}`)
  // What waits keeps no process alive, this one neither.
  await eventually(() => assert.equal(told.at(-1), 'state 999'))
  assert.equal(told.length, logLimits.stateChanges + 1)
})

test('what was told last is not told twice', async () => {
  const { told, changes } = started(300)
  for (let count = 0; count < logLimits.stateChanges; count += 1) {
    changes.print('push', 'good')
    changes.print('redis', 'good')
  }
  for (const text of ['bad', 'good']) changes.print('push', text)
  // Its period ends no earlier.
  changes.print('redis', 'bad at last')
  await eventually(() => assert.equal(told.at(-1), 'bad at last'))
  assert.deepEqual(new Set(told.slice(0, -1)), new Set(['good']))
  assert.equal(told.length, 2 * logLimits.stateChanges + 1)
})
