import { describe, test } from 'node:test'
import { ends } from '../support/faults/ends.ts'
import { shortSize } from '../support/faults/fault.ts'
import { runFault } from '../support/faults/run-fault.ts'
import { latestFirst } from '../support/programs/belongings.ts'

describe('Under a fault,', { concurrency: 1 }, () => {
  for (const fault of ends) {
    test(fault.title, async (context) => {
      await runFault(latestFirst(context), { fault, size: shortSize, seed: 1 })
    })
  }
})
