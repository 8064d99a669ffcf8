import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { describe, test } from 'node:test'
import { firstSuccess } from '../../../src/share/redis/first-success.ts'

/** Attempts that end when the test says so. */
function attempts(names: readonly string[], staggerMs: number) {
  const started: string[] = []
  const discarded: string[] = []
  const ended = new EventEmitter()
  const ends = new Map<string, Promise<string>>(
    names.map((name) => [
      name,
      new Promise((resolve, reject) => {
        ended.once(`${name} succeeds`, () => resolve(name))
        ended.once(`${name} fails`, () => reject(new Error(`${name} fails`)))
      }),
    ]),
  )
  const result = firstSuccess(names, {
    attempt: async (name) => {
      started.push(name)
      return await (ends.get(name) ?? assert.fail())
    },
    discard: (late) => void discarded.push(late),
    staggerMs,
  })
  const end = (text: string): boolean => ended.emit(text)
  return { started, discarded, end, result }
}

describe('Of several attempts', () => {
  test('the first starts alone, and its success is the result', async () => {
    const { started, end, result } = attempts(['a', 'b'], 60_000)
    end('a succeeds')
    assert.equal(await result, 'a')
    assert.deepEqual(started, ['a'])
  })

  test('the next starts when one fails', async () => {
    const { started, end, result } = attempts(['a', 'b', 'c'], 60_000)
    end('a fails')
    end('b succeeds')
    assert.equal(await result, 'b')
    assert.deepEqual(started, ['a', 'b'])
  })

  test('the next starts after the pause, and a late success is discarded', async () => {
    const { started, discarded, end, result } = attempts(['a', 'b'], 1)
    end('b succeeds')
    assert.equal(await result, 'b')
    assert.deepEqual(started, ['a', 'b'])
    end('a succeeds')
    await new Promise(setImmediate)
    assert.deepEqual(discarded, ['a'])
  })

  test('no further attempt starts after a success', async () => {
    const { started, end, result } = attempts(['a', 'b', 'c'], 1)
    end('b succeeds')
    assert.equal(await result, 'b')
    end('a fails')
    await new Promise((resolve) => setTimeout(resolve, 20))
    assert.deepEqual(started, ['a', 'b'])
  })

  const failures: Readonly<Record<string, readonly string[]>> = {
    'a fails': ['a'],
    'b fails; 1 other server fails too': ['a', 'b'],
    'c fails; 2 other servers fail too': ['a', 'b', 'c'],
  }
  for (const [message, names] of Object.entries(failures)) {
    test(`all can fail: ${message}`, async () => {
      const { end, result } = attempts(names, 60_000)
      for (const name of names) end(`${name} fails`)
      await assert.rejects(result, { message })
    })
  }
})
