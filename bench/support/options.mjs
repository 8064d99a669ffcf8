import { parseArgs } from 'node:util'

/**
 * Command line of a benchmark: `--node PATH`, the binary that runs the measured programs; `--rounds N`;
 * `--quick`, a look instead of a measurement.
 *
 * @param {{ rounds: number, quickRounds: number }} defaults
 * @returns {{ node: string, rounds: number, quick: boolean }}
 */
export function readOptions({ rounds, quickRounds }) {
  const { values } = parseArgs({
    options: {
      node: { type: 'string', default: process.execPath },
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
    },
  })
  const wanted = Number(values.rounds ?? (values.quick ? quickRounds : rounds))
  if (!Number.isInteger(wanted) || wanted < 1 || wanted > 1_000) {
    throw new RangeError(`--rounds is ${values.rounds}; allowed is an integer from 1 to 1000.`)
  }
  return { node: values.node, rounds: wanted, quick: values.quick }
}
