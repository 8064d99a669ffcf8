import { readOptions } from './support/options.mjs'
import { print, printHead, printTable, printTail } from './support/print.mjs'
import { noiseOf } from './support/report/noise.ts'
import { median, spread } from './support/statistics.mjs'
import { startSubject } from './support/subject.mjs'

/*
 * CPU time per request of the parts of the preload, within one process: a part is switched on and
 * off in turn, so that the memory layout of the process is the same for both.
 *
 *   npm run bench:parts -- [--node PATH] [--rounds N] [--quick]
 *
 * "Nothing" switches nothing on: its quartiles are the noise. The measured Node strips the types of
 * the sources, so it is Node 22.18 or later.
 */

const parts = [
  'nothing',
  'channels',
  'hooks',
  'hooks and routes',
  'hooks, routes and sizes',
  'collections',
  'delays',
]
const options = readOptions({ rounds: 60, quickRounds: 8 })
const bursts = { 1: 1_200, 8: 3_000, 32: 4_000 }
const counts = Object.keys(bursts)
const roundsPerStart = 10
const warmUps = 3

printHead('Parts of a request', { node: options.node, packages: [] })
const ratios = new Map(parts.map((part) => [part, new Map(counts.map((count) => [count, []]))]))
const load = await startSubject('support/load.mjs', { node: process.execPath })
try {
  for (let round = 0; round < options.rounds; ) {
    const subject = await startSubject('subjects/parts-server.mjs', { node: options.node })
    try {
      await load.ask('open', { port: subject.ready, connections: 32 })
      await warmUp(subject)
      const end = Math.min(round + roundsPerStart, options.rounds)
      for (; round < end; round += 1) await measureRound(subject, round)
    } finally {
      await load.ask('close', { port: subject.ready })
      await subject.stop()
    }
  }
} finally {
  await load.stop()
}
report()

/** Each part has run before it is measured. */
async function warmUp(subject) {
  for (let turn = 0; turn < warmUps; turn += 1) {
    for (const part of parts) await costOf(subject, { part, count: '32' })
  }
}

async function measureRound(subject, round) {
  for (const part of parts) {
    for (const count of counts)
      await measurePair(subject, { part, count, isFirst: round % 2 === 0 })
  }
}

/** @param pair.isFirst whether the part is on before it is off */
async function measurePair(subject, { part, count, isFirst }) {
  const one = await costOf(subject, { part: isFirst ? part : undefined, count })
  const two = await costOf(subject, { part: isFirst ? undefined : part, count })
  const measured = ratios.get(part).get(count)
  measured.push(isFirst ? one / two : two / one)
}

async function costOf(subject, { part, count }) {
  if (part !== undefined) await subject.ask('on', part)
  const before = await subject.ask('cpu')
  await load.ask('burst', {
    port: subject.ready,
    requests: bursts[count],
    connections: Number(count),
  })
  const spent = (await subject.ask('cpu')) - before
  if (part !== undefined) await subject.ask('off')
  return spent / bursts[count]
}

function report() {
  const noises = new Map(counts.map((count) => [count, noiseOf(ratios.get('nothing').get(count))]))
  printTable([
    ['on / off', ...counts.map((count) => `${count} connections`)],
    ...parts.map((part) => [
      part,
      ...counts.map((count) => {
        const values = ratios.get(part).get(count)
        const isNone = part !== 'nothing' && noises.get(count).holds(median(values))
        return `${spread(values, 3)}${isNone ? ', none' : ''}`
      }),
    ]),
  ])
  print()
  print(`  medians (quartiles) of ${options.rounds} pairs`)
  printTail()
}
