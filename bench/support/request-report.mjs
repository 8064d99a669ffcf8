import { nodeVersion, print, printTable, printTarget } from './print.mjs'
import { median, spread } from './statistics.mjs'

/*
 * The tables and ratios of request.mjs. `costs` are the µs per request by variant and round.
 */

/** Prints the variants of a group, as multiples of the first variant and of the preload. */
export function printGroup(group, costs) {
  const own = group.findLast(isOwn)
  const rows = group
    .filter(({ name }) => costs.get(name).length > 0)
    .map(({ name, label }) => [
      label,
      median(costs.get(name)).toFixed(2),
      ...[group[0], own].map((base) => spread(ratios(costs, name, base.name), 3)),
    ])
  print(`  ${group[0].name.split(':')[0]}`)
  printTable([['', 'µs per request', '× bare', `× ${own.label}`], ...rows])
  print()
}

/** Prints the targets that the measured groups have. */
export function printTargets({ variants, costs, node }) {
  const major = Number.parseInt(nodeVersion(node), 10)
  const limit = major >= 24 ? 1.04 : 1.06
  for (const group of variants.values()) printTargetsOf(group, costs, limit)
  if (major < 22 && variants.has('node')) {
    print('  note: @prometheus-io/client declares Node 22 and later; this is an older version')
  }
}

function printTargetsOf(group, costs, limit) {
  for (const { name } of group.filter(isOwn)) {
    printTarget(`${name}, × bare`, { value: ratio(costs, name, group[0].name), limit })
  }
  const own = group.findLast(isOwn)
  for (const { name, label } of group.filter(isRival)) {
    const value = ratio(costs, own.name, name)
    if (!Number.isNaN(value)) printTarget(`${own.name}, × ${label}`, { value, limit: 1 })
  }
}

function isOwn({ counts, label }) {
  return counts === 'page' && !label.includes('--against')
}

/** Another observer. The subject with idle subscribers and our own SDK variant are none. */
function isRival({ counts, label }) {
  return counts === 'subject' && !/^(two idle|Gunicorn)/.test(label)
}

function ratio(costs, name, base) {
  return median(ratios(costs, name, base))
}

function ratios(costs, name, base) {
  return costs.get(name).map((cost, round) => cost / costs.get(base)[round])
}
