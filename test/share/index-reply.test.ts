import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { versionsIn } from '../../src/share/index-reply.ts'
import { incarnations } from '../support/redis/source-state.ts'

const [first, second] = incarnations

describe('The reply with the index has', () => {
  test('the time of the last write of each peer', () => {
    const reply = [Buffer.from(first), Buffer.from('17'), second, '18']
    assert.deepEqual(
      [...versionsIn(reply)],
      [
        [first, '17'],
        [second, '18'],
      ],
    )
  })

  test('no peer without an incarnation or a time', () => {
    assert.deepEqual([...versionsIn(['key', '1', first, '17', second])], [[first, '17']])
    assert.deepEqual([...versionsIn([7, '1', first, undefined])], [])
  })

  test('nothing where the reply is no list', () => {
    for (const reply of ['text', undefined, null, 7]) assert.equal(versionsIn(reply).size, 0)
  })
})
