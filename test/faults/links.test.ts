import { describe, test } from 'node:test'
import { shortSize } from '../support/faults/fault.ts'
import { links } from '../support/faults/links.ts'
import { runFault } from '../support/faults/run-fault.ts'
import { latestFirst } from '../support/programs/belongings.ts'

describe('Under a fault,', { concurrency: true }, () => {
  for (const fault of links) {
    test(fault.title, async (context) => {
      await runFault(latestFirst(context), { fault, size: shortSize, seed: 1 })
    })
  }
})
