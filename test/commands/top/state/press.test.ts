import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { pressed } from '../../../../src/commands/top/state/press.ts'
import { firstState, type TopState } from '../../../../src/commands/top/state/top-state.ts'
import { topLimits } from '../../../../src/limits/tools/top.ts'

const around = { rows: ['a', 'b', 'c', 'd'], listLines: 2, mostScroll: 5 }
const start = firstState({
  ...{ view: 'workers', sort: 'state', isReversed: false, filter: '', intervalSeconds: 2 },
})

function after(...keys: string[]): TopState {
  let state = start
  for (const key of keys) {
    const next = pressed(state, key, around)
    assert.notEqual(next, 'quit', key)
    state = next as TopState
  }
  return state
}

describe('A key', () => {
  test('shows a view', () => {
    assert.equal(after('3').view, 'deaths')
    assert.equal(after('tab').view, 'routes')
    assert.equal(after('shift-tab').view, 'instances')
    assert.equal(after('/', 'x', 'enter', '2').filter, '')
  })

  test('selects a row, within the list', () => {
    assert.equal(after('down').selected, 'b')
    assert.equal(after('down', 'up').selected, undefined)
    assert.equal(after('pagedown').selected, 'c')
    assert.equal(after('end', 'down').selected, 'd')
    assert.equal(after('end', 'pageup', 'home').selected, undefined)
  })

  test('sorts and reverses, each view by itself', () => {
    const { orders } = after('s', 'r', '2', '>')
    assert.deepEqual(orders.workers, { sort: 'worker', isReversed: true })
    assert.deepEqual(orders.routes, { sort: 'p50', isReversed: false })
    assert.equal(after('<').orders.workers.sort, 'report')
  })

  test('writes the filter until Enter, and Escape restores the filter', () => {
    assert.equal(after('/', 'q', 'p', 'backspace', '1', 'enter').filter, 'q1')
    assert.equal(after('/', 'a', 'enter', '/', 'b', 'escape').filter, 'a')
    assert.equal(after('/', 'a', 'enter', 'escape').filter, '')
    assert.equal(after('/', 'up', '\u{1f600}', 'backspace').filter, '')
    const many = Array.from({ length: 100 }, () => 'x')
    assert.equal(after('/', ...many).filter.length, topLimits.filterChars)
  })

  test('opens details, which scroll within their lines', () => {
    assert.deepEqual([after('enter').page, after('enter').selected], ['details', 'a'])
    assert.equal(after('enter', 'end').scroll, 5)
    assert.equal(after('enter', 'end', 'up').scroll, 4)
    assert.equal(after('enter', 'q').page, 'list')
    assert.equal(after('h', 'escape').page, 'list')
  })

  test('opens the workers of an instance, and Escape shows all instances', () => {
    const { view, instance } = after('4', 'down', 'enter')
    assert.deepEqual([view, instance], ['workers', 'b'])
    assert.equal(after('4', 'enter', 'escape').instance, null)
  })

  test('changes the interval within its bounds, and pauses', () => {
    assert.equal(after('+').intervalSeconds, 4)
    assert.equal(after('-', '-', '-', '-', '-').intervalSeconds, topLimits.leastIntervalSeconds)
    const many = Array.from({ length: 9 }, () => '+')
    assert.equal(after(...many).intervalSeconds, topLimits.mostIntervalSeconds)
    assert.equal(after('p').isPaused, true)
    assert.equal(after('p', ' ').isPaused, false)
  })

  test('ends top; inside of details, q goes back, and Ctrl-C ends', () => {
    for (const [state, key] of [
      [start, 'q'],
      [start, 'ctrl-c'],
      [after('enter'), 'ctrl-c'],
      [after('/'), 'ctrl-c'],
    ] as const) {
      assert.equal(pressed(state, key, around), 'quit')
    }
  })

  test('without a meaning changes nothing, also the name of a property', () => {
    for (const key of ['x', 'ctrl-l', 'toString', '__proto__', 'constructor']) {
      assert.deepEqual(after(key), start)
    }
  })
})
