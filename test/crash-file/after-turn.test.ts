import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { afterTurn, afterWhile } from '../../src/crash-file/after-turn.ts'

describe('afterTurn()', () => {
  test('calls back in this turn, as an immediate does', async () => {
    const calls: string[] = []
    afterTurn(() => calls.push('after the turn'))
    assert.deepEqual(calls, [])
    await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual(calls, ['after the turn'])
  })

  test('uses a timer in a program with a domain', async (context) => {
    // Node warns about an immediate in such a program.
    Object.defineProperty(process, 'domain', { configurable: true, value: {} })
    context.after(() => Reflect.deleteProperty(process, 'domain'))
    const before = active('Immediate')
    await new Promise<void>((resolve) => {
      afterTurn(resolve)
      assert.equal(active('Immediate'), before)
      setTimeout(() => {}, 100)
    })
  })
})

describe('afterTurn() without a domain', () => {
  test('keeps the process alive until the end of the turn', () => {
    const before = active('Immediate')
    afterTurn(() => {})
    assert.equal(active('Immediate'), before + 1)
  })
})

describe('afterWhile()', () => {
  test('does not keep the process alive', () => {
    const before = active('Timeout')
    afterWhile(() => {}, 1)
    assert.equal(active('Timeout'), before)
  })
})

/** Resources of a kind that keep the process alive. */
function active(kind: string): number {
  return process.getActiveResourcesInfo().filter((name) => name === kind).length
}
