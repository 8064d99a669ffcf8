import assert from 'node:assert/strict'
import { test } from 'node:test'
import { beginDrain } from '../../../src/master/drains/drains.ts'
import { onDrain } from '../../../src/master/drains/on-drain.ts'

test('onDrain refuses a value that is no function', () => {
  assert.throws(
    () => Reflect.apply(onDrain, undefined, ['text']),
    /needs a function, and got string/,
  )
})

test('onDrain calls each function once, at the beginning or later', () => {
  const calls: string[] = []
  const all = (): string => calls.join()
  const first = (): number => calls.push('first')
  onDrain(first)
  onDrain(first)
  onDrain(() => calls.push('removed'))()
  assert.equal(all(), '')
  beginDrain((listener) => void listener())
  assert.equal(all(), 'first,first')
  onDrain(() => calls.push('late'))
  assert.equal(all(), 'first,first,late')
})

test('onDrain adds no global name', () => {
  assert.ok(!Object.keys(globalThis).some((name) => name.includes('drain')))
})
