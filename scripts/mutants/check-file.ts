import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { EquivalentMutants } from './equivalent.ts'
import { FileTests } from './file-tests.ts'
import { type Mutant, mutantsOf } from './mutant.ts'
import type { OwnTests } from './own-tests.ts'
import type { Outcome, TestProcesses } from './test-process.ts'

export interface FileResult {
  readonly file: string
  /** All mutants of the file. The other counts are those of the sample. */
  readonly total: number
  readonly killed: number
  readonly timedOut: number
  readonly equivalent: number
  readonly survivors: readonly Mutant[]
  /** What is wrong apart from survivors, such as a test that fails without a mutant. */
  readonly faults: readonly string[]
}

export interface Checker {
  readonly root: string
  readonly ownTests: OwnTests
  readonly processes: TestProcesses
  readonly equivalents: EquivalentMutants
  /** Mutants per file. Default: all. */
  readonly sample: number
  readonly seed: string
  /** Mutants that run at the same time. */
  readonly workers: number
}

/** Runs the mutants of one file against the unit tests of the file. */
export async function checkFile(file: string, checker: Checker): Promise<FileResult> {
  const text = readFileSync(join(checker.root, file), 'utf8')
  const mutants = mutantsOf(file, text)
  const tests = new FileTests(file, text, checker.processes)
  const failing = await tests.prepare(checker.ownTests.of(file))
  const faults = [...checker.equivalents.faults(file, mutants), ...failing]
  const outcomes = new Map<Mutant, Outcome>()
  const waiting = sampled(mutants, checker).values()
  const work = async (): Promise<void> => {
    // The workers share one iterator: each mutant goes to one of them.
    for (const mutant of waiting) outcomes.set(mutant, await tests.outcomeOf(mutant))
  }
  await Promise.all(Array.from({ length: checker.workers }, work))
  return resultOf({ file, total: mutants.length, outcomes, faults }, checker)
}

/** The same mutants each time, and mostly the same after a change elsewhere in the file. */
function sampled(mutants: readonly Mutant[], { sample, seed }: Checker): readonly Mutant[] {
  const rank = ({ line, change }: Mutant): string =>
    createHash('sha256').update(`${seed}\n${line}\n${change}`).digest('hex')
  const ranked = mutants.map((mutant) => ({ mutant, rank: rank(mutant) }))
  ranked.sort((a, b) => (a.rank < b.rank ? -1 : 1))
  return ranked.slice(0, sample).map(({ mutant }) => mutant)
}

interface Outcomes {
  readonly file: string
  readonly total: number
  readonly outcomes: ReadonlyMap<Mutant, Outcome>
  readonly faults: readonly string[]
}

function resultOf({ file, total, outcomes, faults }: Outcomes, checker: Checker): FileResult {
  const all = [...outcomes.keys()].sort((a, b) => a.lineNumber - b.lineNumber)
  const equivalent = all.filter((mutant) => checker.equivalents.has(mutant))
  const others = all.filter((mutant) => !equivalent.includes(mutant))
  const count = (wanted: Outcome): number =>
    others.filter((mutant) => outcomes.get(mutant) === wanted).length
  const wrong = equivalent.filter((mutant) => outcomes.get(mutant) !== 'passed')
  return {
    file,
    total,
    killed: count('failed'),
    timedOut: count('timed out'),
    equivalent: equivalent.length,
    survivors: others.filter((mutant) => outcomes.get(mutant) === 'passed'),
    faults: [
      ...faults,
      ...wrong.map(({ lineNumber, change }) => {
        return `${file}:${lineNumber} ${change} is listed as equivalent, but a test kills it`
      }),
    ],
  }
}
