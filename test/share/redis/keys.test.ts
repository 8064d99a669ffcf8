import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { expiry, isDone, textOf } from '../../../src/share/redis/command-step.ts'
import { redisKeysOf } from '../../../src/share/redis/keys.ts'
import { connection } from '../../support/redis/standalone.ts'

describe('The keys in Redis', () => {
  const tagged = {
    index: '{p}:metrics:sources',
    forwarder: '{p}:metrics:forwarder',
    source: '{p}:metrics:source:i',
    successor: '{p}:metrics:successor:i',
    lease: '{p}:metrics:lease:slot:3',
  }

  test('have braces, except for the keys that the Python exporter documents', () => {
    assert.deepEqual(named(connection), {
      ...tagged,
      latest: 'p:metrics:latest',
      metadata: 'p:metrics:metadata',
      history: 'p:metrics:60',
    })
  })

  test('all have braces in a Redis Cluster, which then keeps them in one slot', () => {
    assert.deepEqual(
      named({ ...connection, topology: { kind: 'cluster', nodes: [], hashTag: 'p' } }),
      {
        ...tagged,
        latest: '{p}:metrics:latest',
        metadata: '{p}:metrics:metadata',
        history: '{p}:metrics:60',
      },
    )
  })

  function named(settings: typeof connection): Record<string, string> {
    const { source, successor, lease, history, ...others } = redisKeysOf('p', settings)
    return {
      ...others,
      source: source('i'),
      successor: successor('i'),
      lease: lease('slot', 3),
      history: history(60),
    }
  }
})

describe('The reply to a command', () => {
  test('is text as a buffer or a string', () => {
    assert.deepEqual([Buffer.from('a'), 'b', 1, null, undefined].map(textOf), [
      'a',
      'b',
      undefined,
      undefined,
      undefined,
    ])
  })

  test('says OK when a SET is done', () => {
    assert.deepEqual([Buffer.from('OK'), 'OK', null, 'QUEUED'].map(isDone), [
      true,
      true,
      false,
      false,
    ])
  })

  test('expires by PX, if at all', () => {
    assert.deepEqual([expiry(undefined), expiry(5)], [[], ['PX', 5]])
  })
})
