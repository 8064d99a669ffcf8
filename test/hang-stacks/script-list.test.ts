import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ScriptList } from '../../src/hang-stacks/script-list.ts'

const limits = { scripts: 3, inlineMapChars: 10 }

describe('ScriptList', () => {
  test('finds a script with its source map by the id', () => {
    const list = new ScriptList(limits)
    list.add({ scriptId: '7', url: 'file:///a.js', sourceMapURL: 'a.js.map' })
    list.add({ scriptId: '8', url: 'file:///b.js' })
    assert.deepEqual(list.get('7'), { url: 'file:///a.js', mapUrl: 'a.js.map' })
    assert.deepEqual(list.get('8'), { url: 'file:///b.js', mapUrl: '' })
    assert.equal(list.get('9'), undefined)
  })

  test('ignores anything but a script', () => {
    const list = new ScriptList(limits)
    for (const params of [undefined, null, 5, {}, { scriptId: 1, url: '' }, { scriptId: '1' }]) {
      list.add(params)
    }
    assert.equal(list.get('1'), undefined)
  })

  test('keeps hangStackLimits.scripts scripts', () => {
    const list = new ScriptList(limits)
    for (const scriptId of ['1', '2', '3', '4']) list.add({ scriptId, url: 'file:///a.js' })
    assert.ok(list.get('3'))
    assert.equal(list.get('4'), undefined)
  })

  test('keeps source maps of hangStackLimits.inlineMapChars together', () => {
    const list = new ScriptList(limits)
    const add = (scriptId: string, sourceMapURL: string): void =>
      list.add({ scriptId, url: 'file:///a.js', sourceMapURL })
    add('1', '123456')
    add('2', '12345')
    add('3', '1234')
    assert.deepEqual(
      ['1', '2', '3'].map((id) => list.get(id)?.mapUrl),
      ['123456', '', '1234'],
    )
  })
})
