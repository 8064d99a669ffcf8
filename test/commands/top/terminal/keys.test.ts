import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { keysOf, keysOfRest } from '../../../../src/commands/top/terminal/keys.ts'

describe('Keys', () => {
  const inputs: Readonly<Record<string, readonly string[]>> = {
    q: ['q'],
    '/é東': ['/', 'é', '東'],
    '\r\t\u007f': ['enter', 'tab', 'backspace'],
    '\u0003\u001a': ['ctrl-c', 'ctrl-z'],
    '\u001b[A\u001bOB\u001b[5~\u001b[Z': ['up', 'down', 'pageup', 'shift-tab'],
    '\u001bOH\u001b[4~': ['home', 'end'],
    // Reports of a mouse and of the focus, and modified arrows, are no text.
    '\u001b[<0;12;5Mq\u001b[I\u001b[1;5Cp': ['q', 'p'],
    // Two escapes, and an escape before text.
    '\u001b\u001bx': ['escape', 'escape', 'x'],
  }
  for (const [input, keys] of Object.entries(inputs)) {
    test(`of ${JSON.stringify(input)}`, () => assert.deepEqual(keysOf(input), { keys, rest: '' }))
  }

  test('wait for the rest of an escape sequence', () => {
    assert.deepEqual(keysOf('a\u001b['), { keys: ['a'], rest: '\u001b[' })
    assert.deepEqual(keysOf('\u001b'), { keys: [], rest: '\u001b' })
    assert.deepEqual(keysOf('\u001b[5'), { keys: [], rest: '\u001b[5' })
    assert.deepEqual(keysOfRest('\u001b'), ['escape'])
    assert.deepEqual(keysOfRest(''), [])
  })
})
