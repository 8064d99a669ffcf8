// Bug: `loadConfig(null)` threw a TypeError about destructuring.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadConfig } from '../../src/config/resolve/load-config.ts'

test('loadConfig refuses an argument that is no object, and says what is allowed', () => {
  for (const [given, got] of [
    [null, 'null'],
    ['a.yml', 'of type string'],
  ] as const) {
    const expected = {
      name: 'ConfigError',
      message: new RegExp(`The argument of loadConfig is ${got}; allowed is an object of options`),
    }
    assert.throws(() => loadConfig(given as unknown as object), expected)
  }
})
