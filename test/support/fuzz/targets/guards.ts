import assert from 'node:assert/strict'
import fc from 'fast-check'
import { type FuzzTarget, fuzzTarget } from '../fuzz-target.ts'
import { type Guard, guards } from '../guards.ts'
import { type Mutation, mutated, mutations } from '../mutation.ts'
import { oddJson, oddTexts } from '../odd-values.ts'

interface Input {
  readonly name: string
  readonly valid: unknown
  readonly changes: readonly Mutation[]
  /** Takes the place of the valid value, most of the time undefined. */
  readonly other: unknown
}

const inputs: fc.Arbitrary<Input> = fc.constantFrom(...guards).chain((guard) =>
  fc.record<Input>({
    name: fc.constant(guard.name),
    // As JSON carries the value: without records that have no prototype.
    valid: guard.valid.map((valid) => JSON.parse(JSON.stringify(valid))),
    changes: mutations,
    other: fc.option(fc.oneof(oddJson, oddTexts), { nil: undefined, freq: 5 }),
  }),
)

/** Each `parse…()` of a message or a file, driven by one property. */
export const guardsTarget: FuzzTarget = fuzzTarget({
  name: 'guards',
  claim: 'each guard of a message or a file gives a value of its type or refuses, and never throws',
  quickCases: 30_000,
  inputs,
  start: () => ({ check }),
})

const byName: ReadonlyMap<string, Guard> = new Map(guards.map((guard) => [guard.name, guard]))

function check({ name, valid, changes, other }: Input): void {
  const guard = byName.get(name)
  assert.ok(guard)
  assert.deepEqual(guard.parse(guard.encode(valid)), valid, 'a valid value')
  const input = other === undefined ? mutated(valid, changes) : other
  const parsed = guard.parse(guard.encode(input))
  if (parsed === undefined) return
  guard.assertValid?.(parsed as never)
  // A value that a guard lets through stays the same on its next way.
  assert.deepEqual(guard.parse(guard.encode(parsed)), parsed, 'once more')
  // Other parts of the program write the value as JSON: to a log, to `/status` or to Redis.
  JSON.stringify(parsed)
}
