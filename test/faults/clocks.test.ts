import { describe, test } from 'node:test'
import { clocks } from '../support/faults/clocks.ts'
import { shortSize } from '../support/faults/fault.ts'
import { runFault } from '../support/faults/run-fault.ts'
import { latestFirst } from '../support/programs/belongings.ts'

describe('Under a fault,', { concurrency: true }, () => {
  for (const fault of clocks) {
    test(fault.title, async (context) => {
      await runFault(latestFirst(context), { fault, size: shortSize, seed: 1 })
    })
  }
})
