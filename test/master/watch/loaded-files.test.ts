import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadedFiles } from '../../../src/master/watch/loaded-files.ts'

test('loadedFiles reads the messages of Node’s watch mode', () => {
  assert.deepEqual(loadedFiles({ 'watch:require': ['/a/b.cjs', null, 'c'] }), ['/a/b.cjs'])
  const urls = ['file:///a/b%20c.mjs', 'node:fs', 'data:text/javascript,1', 'file://host/x', 7]
  assert.deepEqual(loadedFiles({ 'watch:import': urls }), ['/a/b c.mjs'])
})

test('loadedFiles leaves out installed packages', () => {
  assert.deepEqual(loadedFiles({ 'watch:require': ['/a/node_modules/b/c.js'] }), [])
})

for (const message of [undefined, null, 'ready', 7, {}, { 'watch:require': '/a' }]) {
  test(`loadedFiles finds no files in ${JSON.stringify(message)}`, () => {
    assert.deepEqual(loadedFiles(message), [])
  })
}
