import { performance } from 'node:perf_hooks'
import type { Mutant } from './mutant.ts'
import type { Outcome, TestProcesses } from './test-process.ts'

interface TimedTest {
  readonly test: string
  readonly limitMs: number
}

/** The longest run of one test file, with or without a mutant. */
const longestTestMs = 120_000

/** A mutant hangs when its test takes 3 s and three times the time without a mutant. */
const graceMs = 3_000
const slowdown = 3

/** The tests that hold one source file, with a time limit for each. */
export class FileTests {
  readonly #file: string
  readonly #text: string
  readonly #processes: TestProcesses
  #tests: readonly TimedTest[] = []

  constructor(file: string, text: string, processes: TestProcesses) {
    this.#file = file
    this.#text = text
    this.#processes = processes
  }

  /** Runs the tests without a mutant. Leaves out tests that fail, and returns a line for each. */
  async prepare(tests: readonly string[]): Promise<string[]> {
    const timed: TimedTest[] = []
    const faults: string[] = []
    for (const test of tests) {
      const begin = performance.now()
      const outcome = await this.#run({ test, limitMs: longestTestMs }, this.#text)
      const limitMs = graceMs + slowdown * (performance.now() - begin)
      if (outcome === 'passed') timed.push({ test, limitMs })
      else faults.push(`${test} ${outcome} without a mutant, and is left out for ${this.#file}`)
    }
    // Most mutants end at the first test that fails: the fast tests go first.
    this.#tests = timed.sort((a, b) => a.limitMs - b.limitMs)
    return faults
  }

  async outcomeOf(mutant: Mutant): Promise<Outcome> {
    for (const test of this.#tests) {
      const outcome = await this.#outcomeIn(test, mutant)
      if (outcome !== 'passed') return outcome
    }
    return 'passed'
  }

  async #outcomeIn({ test, limitMs }: TimedTest, mutant: Mutant): Promise<Outcome> {
    const outcome = await this.#run({ test, limitMs }, mutant.text)
    if (outcome !== 'timed out' || limitMs > longestTestMs) return outcome
    // On a busy machine, the test may take this long without a mutant, too.
    if ((await this.#run({ test, limitMs }, this.#text)) === 'passed') return outcome
    return await this.#outcomeIn({ test, limitMs: 2 * limitMs }, mutant)
  }

  async #run({ test, limitMs }: TimedTest, text: string): Promise<Outcome> {
    return await this.#processes.run({ test, limitMs, file: this.#file, text })
  }
}
