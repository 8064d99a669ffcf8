import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

/**
 * Command line of a benchmark. `--node PATH` is the binary that runs the measured programs.
 * `--quick` is a short run whose figures prove nothing. `--against DIR` is another built checkout
 * of this project, which is measured in the same rounds. `--only LIST` names groups of subjects, in
 * a benchmark that has groups.
 *
 * @param {{ rounds: number, quickRounds: number, groups?: readonly string[] }} defaults
 * @returns {{ node: string, rounds: number, quick: boolean, against: string | undefined,
 *   only: string[] | undefined }}
 */
export function readOptions({ rounds, quickRounds, groups }) {
  const { values } = parseArgs({
    options: {
      node: { type: 'string', default: process.execPath },
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      against: { type: 'string' },
      ...(groups && { only: { type: 'string' } }),
    },
  })
  const wanted = Number(values.rounds ?? (values.quick ? quickRounds : rounds))
  if (!Number.isInteger(wanted) || wanted < 1 || wanted > 1_000) {
    throw new RangeError(`--rounds is ${values.rounds}; allowed is an integer from 1 to 1000.`)
  }
  const against = values.against === undefined ? undefined : resolve(values.against)
  if (against !== undefined && !existsSync(join(against, 'dist/register.cjs'))) {
    throw new Error(
      `--against is ${against}; it must be a checkout with a built dist/register.cjs.`,
    )
  }
  const only = values.only === undefined ? undefined : checkedGroups(values.only, groups)
  return { only, node: values.node, rounds: wanted, quick: values.quick, against }
}

function checkedGroups(list, groups) {
  const names = list.split(',')
  const unknown = names.find((name) => !groups.includes(name))
  if (unknown === undefined) return names
  throw new RangeError(`--only has ${unknown}; allowed are ${groups.join(', ')}.`)
}
