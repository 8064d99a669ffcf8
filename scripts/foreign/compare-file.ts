import { type Mode, type Outcome, type Run, runFile } from './run-file.ts'
import type { TestFile } from './test-file.ts'

export interface Difference {
  readonly name: string
  readonly mode: Mode
  readonly without: string
  readonly withPreload: string
  /** Of the run with the preload. */
  readonly output: string
}

export interface Comparison {
  readonly failsWithout: boolean
  readonly differences: readonly Difference[]
}

export interface CompareOptions extends Omit<Run, 'mode'> {
  readonly modes: readonly Mode[]
}

/** Runs of a file whose result differs. Some tests fail now and then. */
const attempts = 4

/** Compares a test file with and without the preload. */
export async function compareFile(file: TestFile, options: CompareOptions): Promise<Comparison> {
  const { modes, ...run } = options
  const without = await runFile(file, { ...run, mode: undefined })
  const differences: Difference[] = []
  for (const mode of modes) {
    const withPreload = await runFile(file, { ...run, mode })
    if (withPreload.result === without.result) continue
    const repeated = await repeat(file, { ...run, mode })
    if (repeated.without.has(repeated.last.result)) continue
    differences.push({
      name: file.name,
      mode,
      without: [...repeated.without].join(' or '),
      withPreload: repeated.last.result,
      output: repeated.last.output,
    })
  }
  return { failsWithout: !/^(?:ok|skipped)/.test(without.result), differences }
}

/**
 * Runs the file again, with and without the preload in turn, until the preload gives a result that
 * the file has without the preload, too.
 */
async function repeat(file: TestFile, run: Run): Promise<{ without: Set<string>; last: Outcome }> {
  const without = new Set<string>()
  let last: Outcome = { result: '', output: '' }
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    without.add((await runFile(file, { ...run, mode: undefined })).result)
    last = await runFile(file, run)
    if (without.has(last.result)) break
  }
  return { without, last }
}
