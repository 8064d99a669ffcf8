import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseSlots } from '../../../src/share/redis/cluster-slots.ts'

const asked = { host: 'redis', port: 1 }
const namedBy = 'redis:1'
const text = (value: string): Buffer => Buffer.from(value)

/** A reply with one range of slots, whose master is this node. */
function ownerOf(...node: readonly unknown[]) {
  return parseSlots([[0, 10, node]], 5, asked)?.owner
}

describe('A reply to CLUSTER SLOTS', () => {
  test('names the master of the slot, and all nodes', () => {
    const master = [text('a'), 1, text('id')]
    const replica = [text('b'), 2, text('id')]
    const other = [text('c'), 3, text('id')]
    const ranges = [
      [0, 10, other],
      [11, 20, master, replica],
    ]
    const names = { a: 1, b: 2, c: 3 }
    const [a, b, c] = Object.entries(names).map(([host, port]) => ({ host, port, namedBy }))
    for (const slot of [11, 20]) {
      assert.deepEqual(parseSlots(ranges, slot, asked), { owner: a, nodes: [c, a, b] })
    }
    assert.deepEqual(parseSlots(ranges, 10, asked)?.owner, c)
    assert.equal(parseSlots(ranges, 21, asked)?.owner, undefined)
  })

  const announced: Readonly<Record<string, readonly [endpoint: unknown, metadata: unknown]>> = {
    'an address beside a name': [text('10.0.0.1'), [text('hostname'), text('node')]],
    'a name beside an address': [text('node'), [text('ip'), text('10.0.0.1')]],
    'no address': [null, []],
    'an empty address': [text(''), []],
    'an unknown name beside an address': [text('?'), [text('ip'), text('10.0.0.1')]],
    'an unknown name': [text('?'), []],
    'a name that is no value of its name': [text('10.0.0.1'), [text('ip'), text('hostname')]],
    'other metadata': [text('10.0.0.1'), 'text'],
  }
  const expected: Readonly<Record<string, object>> = {
    'an address beside a name': { host: '10.0.0.1', servername: 'node' },
    'a name beside an address': { host: 'node' },
    'no address': { host: 'redis' },
    'an empty address': { host: 'redis' },
    'an unknown name beside an address': { host: '10.0.0.1' },
    'an unknown name': { host: 'redis' },
    'a name that is no value of its name': { host: '10.0.0.1' },
    'other metadata': { host: '10.0.0.1' },
  }
  for (const [name, [endpoint, metadata]] of Object.entries(announced)) {
    test(`can announce ${name}`, () => {
      const owner = ownerOf(endpoint, 7, text('id'), metadata)
      assert.deepEqual(owner, { ...expected[name], port: 7, namedBy })
    })
  }

  test('can name the highest port', () => {
    assert.equal(ownerOf(text('a'), 65_535)?.port, 65_535)
  })

  test('names the asked node as the asked node', () => {
    assert.equal(ownerOf(null, 1), asked)
    assert.equal(ownerOf(text('redis'), 1), asked)
  })

  test('can be no such reply', () => {
    for (const value of [undefined, null, 'text', 1, {}]) {
      assert.equal(parseSlots(value, 5, asked), undefined)
    }
    for (const value of [
      [],
      ['text'],
      [[0, 10]],
      [[0, 10, 'text']],
      [[0, 10, 7]],
      [[0, 10, [text('a'), 'x']]],
      [[0, 10, [text('a'), 0]]],
      [[0, 10, [text('a'), 65_536]]],
    ]) {
      assert.deepEqual(parseSlots(value, 5, asked), { owner: undefined, nodes: [] })
    }
  })
})
