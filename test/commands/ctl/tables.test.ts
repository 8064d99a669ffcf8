import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { textOf } from '../../../src/commands/ctl/tables.ts'

describe('ctl prints', () => {
  test('a table with the widths of its cells', () => {
    const rows = [
      { pid: 11, age: 1, booted: true, last_heartbeat: 0.5, state: 'serving' },
      { pid: 4_194_304, age: 12, booted: false, last_heartbeat: null, state: 'booting' },
    ]
    assert.equal(
      textOf(' SHOW  workers ', { workers: rows, count: 2 }),
      `PID      AGE  BOOTED  LAST_BEAT  STATE
11       1    yes     0.5s ago   serving
4194304  12   no      n/a        booting

Total: 2 workers`,
    )
  })

  test('that there is nothing', () => {
    assert.equal(textOf('show deaths', { deaths: [], count: 0 }), 'No deaths')
    assert.equal(textOf('show hang', { master: null, workers: [] }), 'No event loop stands still')
  })

  test('the stack of a worker that hangs', () => {
    const hang = { pid: 11, state: 'hanging', seconds: 2.34, stack: 'work (a.js:1:1)\nmain' }
    const text = '11: hanging for 2.3 s\n  work (a.js:1:1)\n  main'
    assert.equal(textOf('show hang', { master: null, workers: [hang] }), text)
  })

  test('no character that controls a terminal', () => {
    assert.equal(textOf('x', { name: 'a\u001b[2J' }), 'name  a\\u{1b}[2J')
    const route = { method: 'GET', route: '/\u001b]0;x\u0007', requests: 1, errors: 0 }
    assert.match(textOf('show routes', { routes: [route] }), /\/\\u\{1b\}]0;x/)
  })

  test('other data as lines, and deeper data as JSON', () => {
    assert.equal(textOf('reload', { status: 'reloading' }), 'status  reloading')
    assert.equal(textOf('x', { a: { b: 1 } }), '{\n  "a": {\n    "b": 1\n  }\n}')
  })
})
