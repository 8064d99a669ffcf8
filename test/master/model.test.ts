import { test } from 'node:test'
import fc from 'fast-check'
import { play, scenarios } from '../support/master/master-model.ts'

/** `npm run test:model` plays more scenarios. */
const runs = 500

test('A master leaves every state that events in random order can reach', () => {
  fc.assert(fc.property(scenarios, play), { numRuns: runs })
})
