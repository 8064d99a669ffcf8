import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { casesOf } from '../test/support/fuzz/fuzz-cases.ts'
import { fuzzTargets } from '../test/support/fuzz/fuzz-targets.ts'

/*
 * Feeds random input to the targets of `test/fuzz`:
 *
 *   npm run test:fuzz -- [--cases 1000000] [--seed N] [--only NAME] [--path PATH]
 *
 * The cases are split over the targets. A failure prints the shrunk input and the command that
 * repeats the case.
 */

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    only: { type: 'string' },
    path: { type: 'string' },
  },
})
const [total, seed] = [Number(values.cases), Number(values.seed)]
const targets = fuzzTargets.filter(({ name }) => values.only === undefined || values.only === name)
if (targets.length === 0 || !Number.isSafeInteger(total) || !Number.isSafeInteger(seed)) {
  const names = fuzzTargets.map(({ name }) => name).join(', ')
  throw new Error(`--cases and --seed are whole numbers; --only is one of ${names}`)
}

let failures = 0
for (const [target, cases] of casesOf(targets, total)) {
  const start = performance.now()
  const result = await target.run({ cases, seed, path: values.path })
  const seconds = ((performance.now() - start) / 1_000).toFixed(1)
  const verdict = result.failure === undefined ? 'no finding' : 'FAILED'
  process.stdout.write(
    `${target.name}: ${result.cases} cases, seed ${result.seed}, ${seconds} s: ${verdict}\n`,
  )
  if (result.failure === undefined) continue
  failures += 1
  process.stdout.write(`${result.failure}\n`)
}
process.exitCode = failures === 0 ? 0 : 1
