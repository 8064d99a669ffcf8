import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { keyOf, nameOf, pathOf } from '../../../src/master/sockets/socket-key.ts'

describe('keyOf', () => {
  for (const [text, key] of [
    ['127.0.0.1:80:4:undefined:0', '127.0.0.1:80:4:undefined'],
    ['127.0.0.1:80:4:undefined', '127.0.0.1:80:4:undefined'],
    ['::1:80:6:undefined:1', '::1:80:6:undefined'],
    ['::1:80:6:undefined', '::1:80:6:undefined'],
    ['null:0:4:undefined:1', 'null:0:4:undefined:1'],
    ['null:null:null:5:0', 'null:null:null:5'],
    ['null:null:null:5', 'null:null:null:5'],
    ['/run/a:b:-1:-1:undefined:0', '/run/a:b:-1:-1:undefined'],
  ] as const) {
    test(`makes ${key} of ${text}`, () => {
      assert.equal(keyOf(text), key)
    })
  }
})

test('pathOf knows the paths of unix sockets with a file', () => {
  assert.equal(pathOf('/run/a:b\n:-1:-1:undefined'), '/run/a:b\n')
  assert.equal(pathOf('/run/\0a:-1:-1:undefined'), undefined)
  assert.equal(pathOf('127.0.0.1:80:4:undefined'), undefined)
  assert.equal(pathOf('-1'), undefined)
})

test('nameOf names each kind of socket', () => {
  assert.equal(nameOf('/run/a:-1:-1:undefined'), '/run/a')
  assert.equal(nameOf('/run/\0a:-1:-1:undefined'), '/run/@a')
  assert.equal(nameOf('127.0.0.1:80:4:undefined'), '127.0.0.1:80')
  assert.equal(nameOf('::1:80:6:undefined'), '[::1]:80')
  assert.equal(nameOf('null:0:4:undefined:1'), '*:0')
  assert.equal(nameOf('null:null:null:5'), 'descriptor 5')
  assert.equal(nameOf('another text'), 'another text')
})
