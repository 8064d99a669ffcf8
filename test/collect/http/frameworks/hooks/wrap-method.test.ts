import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { requestSlots } from '../../../../../src/collect/http/frameworks/hooks/request-slot.ts'
import { wrapMethod } from '../../../../../src/collect/http/frameworks/hooks/wrap-method.ts'

class Owner {
  factor = 2
  times(left: number, right = 1): number {
    if (Number.isNaN(left)) throw new RangeError('no number')
    return left * right * this.factor
  }
}

function faultsOf(act: () => void): number {
  const { faults } = requestSlots()
  act()
  return requestSlots().faults - faults
}

describe('A wrapped method', () => {
  test('keeps its form, result and errors', () => {
    const known = Object.getOwnPropertyDescriptor(Owner.prototype, 'times')
    const seen: unknown[] = []
    const observer = {
      before: (self: unknown, values: readonly unknown[]) => {
        seen.push(self, values)
        return undefined
      },
      after: (result: unknown) => seen.push(result),
    }
    assert.ok(wrapMethod(Owner.prototype, 'times', observer))
    assert.ok(wrapMethod(Owner.prototype, 'times', observer))
    const owner = new Owner()
    assert.equal(owner.times(3, 5), 30)
    assert.deepEqual(seen, [owner, [3, 5], 30])
    assert.throws(() => owner.times(Number.NaN), RangeError)
    const { value, ...form } = Object.getOwnPropertyDescriptor(Owner.prototype, 'times') ?? {}
    const { value: original, ...before } = known ?? {}
    assert.deepEqual([form, value.name, value.length], [before, original.name, original.length])
  })

  test('gets other arguments if the observer returns them', () => {
    const owner = { add: (left: number, right: number) => left + right }
    wrapMethod(owner, 'add', { before: () => [1, 2] })
    assert.equal(owner.add(5, 5), 3)
  })

  test('works on if the observer throws', () => {
    const owner = { add: (left: number, right: number) => left + right }
    const observer = { before: assert.fail, after: assert.fail }
    wrapMethod(owner, 'add', observer)
    assert.equal(
      faultsOf(() => assert.equal(owner.add(2, 3), 5)),
      2,
    )
  })
})

test('A framework without the method counts as a fault', () => {
  const act = (): void => {
    for (const owner of [undefined, null, 1, {}, { times: 2 }]) {
      assert.equal(wrapMethod(owner, 'times', {}), false)
    }
  }
  assert.equal(faultsOf(act), 5)
})
