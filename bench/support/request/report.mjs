import { print, printTable, printTarget } from '../print.mjs'
import { noiseOf } from '../report/noise.ts'
import { median, spread } from '../statistics.mjs'

/*
 * The tables of request.mjs. `costs` has the µs of a request by label, connections and round.
 */

/** Prints the subjects of a table, as multiples of the mean of the two bare servers. */
export function printCosts({ subjects, bursts }, costs) {
  const counts = Object.keys(bursts)
  const measured = subjects.filter(({ label }) => costs.get(label).get(counts[0]).length > 0)
  const [bare, again] = subjects
  const bases = new Map(counts.map((count) => [count, baseOf(costs, [bare, again], count)]))
  const noises = new Map(counts.map((count) => [count, noise(costs, [bare, again], count)]))
  const cells = (label, count) => {
    const values = costs.get(label).get(count)
    const ratios = values.map((cost, round) => cost / bases.get(count)[round])
    return [median(values).toFixed(1), told(ratios, label === bare.label, noises.get(count))]
  }
  printTable([
    ['CPU of the process per request', ...counts.flatMap(columns)],
    ...measured.map(({ label }) => [label, ...counts.flatMap((count) => cells(label, count))]),
  ])
  print()
  for (const count of counts) {
    const { low, high } = noises.get(count)
    print(`  noise of two equal servers, ${named(count)}: ${low.toFixed(3)} to ${high.toFixed(3)}`)
  }
}

/** Prints the targets, and what peers add to a request in multiples of what the preload adds. */
export function printTargets({ subjects, bursts }, costs, limit) {
  const own = subjects.find(({ side }) => side === 'own')
  for (const count of Object.keys(bursts)) {
    const base = baseOf(costs, subjects, count)
    const added = ({ label }) => ratioOf(costs.get(label).get(count), base) - 1
    printTarget(`preload, ${named(count)}, × bare`, { value: added(own) + 1, limit })
    for (const peer of subjects.filter(({ side }) => side === 'peer')) {
      if (costs.get(peer.label).get(count).length === 0) continue
      print(`  ${peer.label}, ${named(count)}, adds ${factor(added(peer), added(own))}`)
    }
  }
}

/** Two small differences have no ratio that means something. */
function factor(theirs, ours) {
  const percent = (value) => `${(100 * value).toFixed(1)} %`
  const both = `${percent(theirs)}; the preload adds ${percent(ours)}`
  return ours > 0.002 && theirs > ours ? `${both}: ${(theirs / ours).toFixed(1)} × as much` : both
}

function columns(count) {
  return [`µs, ${named(count)}`, '× bare']
}

function named(count) {
  return count === '1' ? '1 connection' : `${count} connections`
}

function baseOf(costs, [first, second], count) {
  const [one, two] = [first, second].map(({ label }) => costs.get(label).get(count))
  return one.map((cost, round) => (cost + two[round]) / 2)
}

function noise(costs, [first, second], count) {
  const [one, two] = [first, second].map(({ label }) => costs.get(label).get(count))
  return noiseOf(two.map((cost, round) => cost / one[round]))
}

function ratioOf(values, base) {
  return median(values.map((cost, round) => cost / base[round]))
}

function told(ratios, isBase, within) {
  if (isBase) return '1'
  return `${spread(ratios, 3)}${within.holds(median(ratios)) ? ', none' : ''}`
}
