import { parseArgs } from 'node:util'
import { messageOf } from '../src/support/error-message.ts'
import { allFaults } from '../test/support/faults/all-faults.ts'
import { type Fault, longSize } from '../test/support/faults/fault.ts'
import { type FaultResult, runFault } from '../test/support/faults/run-fault.ts'
import { latestFirst } from '../test/support/programs/belongings.ts'
import { Random } from '../test/support/random.ts'

/*
 * The faults of test/faults in their long form, one after another in a random order: 300 kills, and
 * states of 30 seconds. Prints a table for docs/testing.md.
 */

const help = `Usage: npm run test:faults -- [options]

  --minutes N   begins no fault afterwards; each fault runs once at most; default: 30
  --seed N      repeats the order of the faults and of the kills; default: random
  --only TEXT   only faults whose title contains the text
`

/** @returns the exit code. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '30' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
      only: { type: 'string', default: '' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    print(help)
    return 0
  }
  const [minutes, seed] = [Number(values.minutes), Number(values.seed)]
  if (!(minutes > 0) || !Number.isInteger(seed)) throw new RangeError(help)
  print(`seed ${seed}\n\n| fault | result | requests | kills | lost | descriptors | memory, MB |`)
  print('|---|---|--:|--:|--:|--:|--:|')
  const end = performance.now() + minutes * 60_000
  let failures = 0
  const chosen = allFaults.filter(({ title }) => title.includes(values.only))
  for (const fault of shuffled(chosen, new Random(seed))) {
    if (performance.now() > end) break
    const outcome = await run(fault, seed)
    if (outcome.startsWith('failed')) failures += 1
    print(`| ${fault.title} | ${outcome} |`)
  }
  return failures === 0 ? 0 : 1
}

async function run(fault: Fault, seed: number): Promise<string> {
  const acts: (() => unknown)[] = []
  let reason = 'skipped'
  const context = latestFirst({
    after: (act) => void acts.push(act),
    skip: (message = '') => {
      reason = `skipped: ${message}`
    },
  })
  try {
    const result = await runFault(context, { fault, size: longSize, seed })
    return result ? rowOf(result) : `${reason} | | | | |`
  } catch (error) {
    return `failed: ${messageOf(error).replaceAll(/\s*\n\s*/g, ' ')} | | | | |`
  } finally {
    for (const act of acts) await act()
  }
}

function rowOf({ requests, kills, lost, mostLost, descriptors, megabytes }: FaultResult): string {
  const losses = kills === 0 ? '0' : `${lost}, at most ${mostLost} at once`
  const memory = megabytes.map((each) => each.toFixed(0))
  const cells = [requests, kills, losses, descriptors.join(' → '), memory.join(' → ')]
  return ['passed', ...cells].join(' | ')
}

function shuffled(faults: readonly Fault[], random: Random): Fault[] {
  return faults
    .map((fault) => ({ fault, rank: random.next() }))
    .sort((one, other) => one.rank - other.rank)
    .map(({ fault }) => fault)
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

process.exitCode = await main()
