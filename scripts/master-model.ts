import fc from 'fast-check'
import { play, scenarios } from '../test/support/master/master-model.ts'

/*
 * Plays random orders of events over a real master: `npm run test:model [-- RUNS [SEED]]`. The
 * last line names the seed. With the seed, the same orders follow again.
 */

const [runs = 100_000, seed = Date.now() % 2 ** 31] = process.argv.slice(2).map(Number)
fc.assert(fc.property(scenarios, play), { numRuns: runs, seed })
process.stdout.write(`${runs} orders of events, seed ${seed}: no state that must not be\n`)
