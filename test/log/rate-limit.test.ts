import assert from 'node:assert/strict'
import { test } from 'node:test'
import { logLimits } from '../../src/limits/log.ts'
import { ChangeLogLimit } from '../../src/log/rate-limit.ts'
import { type CodedText, coded } from '../../src/model/errors/coded-text.ts'
import { eventually } from '../support/programs/app.ts'

function line(text: string): CodedText {
  return coded('GPE_REDIS', text)
}

const hour = 3_600_000

function started(periodMs: number): { printed: string[]; changes: ChangeLogLimit } {
  const printed: string[] = []
  const print = (text: string): unknown => printed.push(text)
  return { printed, changes: new ChangeLogLimit({ print, periodMs }) }
}

test('ChangeLogLimit prints a state that comes back', () => {
  const { printed, changes } = started(hour)
  for (const text of ['bad', 'good', 'bad', 'good']) changes.print('push', line(text))
  assert.deepEqual(printed, ['bad', 'good', 'bad', 'good'].map(line))
})

test('ChangeLogLimit skips a subject that changes too often, and prints another subject', () => {
  const { printed, changes } = started(hour)
  for (let count = 0; count < 1_000; count += 1) changes.print('push', line(`state ${count}`))
  assert.equal(printed.length, logLimits.stateChanges)
  changes.print('redis', line('bad'))
  assert.equal(printed.at(-1), line('bad'))
})

test('ChangeLogLimit prints the last of the skipped states after the period', async () => {
  const { printed, changes } = started(300)
  for (let count = 0; count < 1_000; count += 1) changes.print('push', line(`state ${count}`))
  // The waiting text keeps no process alive, so `eventually` keeps this process alive.
  await eventually(() => assert.equal(printed.at(-1), line('state 999')))
  assert.equal(printed.length, logLimits.stateChanges + 1)
})

test('ChangeLogLimit does not repeat the text that it printed last', async () => {
  const { printed, changes } = started(300)
  for (let count = 0; count < logLimits.stateChanges; count += 1) {
    changes.print('push', line('good'))
    changes.print('redis', line('good'))
  }
  for (const text of ['bad', 'good']) changes.print('push', line(text))
  // The period of `redis` ends no earlier than the period of `push`.
  changes.print('redis', line('bad at last'))
  await eventually(() => assert.equal(printed.at(-1), line('bad at last')))
  assert.deepEqual(new Set(printed.slice(0, -1)), new Set([line('good')]))
  assert.equal(printed.length, 2 * logLimits.stateChanges + 1)
})
