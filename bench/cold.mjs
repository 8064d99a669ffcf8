import { readOptions } from './support/options.mjs'
import { print, printHead, printTable, printTail } from './support/print.mjs'
import { spread } from './support/statistics.mjs'
import { startSubject } from './support/subject.mjs'

/*
 * The time of the hooks of a request within a server under load, where they find little of their
 * code and data in the caches of the processor. A loop of the hooks alone shows a fifth.
 *
 *   npm run bench:cold -- [--node PATH] [--rounds N] [--quick]
 *
 * A figure of a round is the median of single calls, minus the same for hooks that do nothing. So a
 * busy machine changes little. What the hooks cost Node's own code does not show. The measured Node
 * strips the types of the sources, so it is Node 22.18 or later.
 */

const subjects = ['hooks without routes', 'hooks, routes and sizes', 'the same in mapped memory']
const options = readOptions({ rounds: 40, quickRounds: 5 })
const bursts = { 1: 1_200, 8: 3_000, 32: 4_000 }
const counts = Object.keys(bursts)
/** V8 optimises each start of a process in another way. */
const roundsPerStart = 5
const warmUps = 4

printHead('Hooks of a request in a server under load', { node: options.node, packages: [] })
const times = new Map(subjects.map((name) => [name, countsOf(() => [])]))
const load = await startSubject('support/load.mjs', { node: process.execPath })
try {
  for (let round = 0; round < options.rounds; round += roundsPerStart) {
    for (const name of subjects) await measureStart(name, options.rounds - round)
  }
} finally {
  await load.stop()
}
report()

/** Measures some rounds of one start of a server. */
async function measureStart(name, left) {
  const server = await startSubject('subjects/cold-server.mjs', {
    node: options.node,
    args: [name],
  })
  const rounds = Math.min(roundsPerStart, left)
  try {
    await load.ask('open', { port: server.ready, connections: 32 })
    for (let round = -warmUps; round < rounds; round += 1) {
      for (const count of counts) {
        const base = await timesOf(server, { isOn: false, count })
        const taken = await timesOf(server, { isOn: true, count })
        if (round >= 0)
          times
            .get(name)
            .get(count)
            .push(taken.map((time, at) => time - base[at]))
      }
    }
  } finally {
    await load.ask('close', { port: server.ready })
    await server.stop()
  }
}

/** @returns the medians of the hooks at the start and at the end of a request, ns. */
async function timesOf(server, { isOn, count }) {
  await server.ask('measure', isOn)
  const requests = bursts[count]
  await load.ask('burst', { port: server.ready, requests, connections: Number(count) })
  return server.ask('times')
}

function countsOf(make) {
  return new Map(counts.map((count) => [count, make()]))
}

function report() {
  const sum = ([start, end]) => start + end
  printTable([
    ['ns', ...counts.map((count) => `${count} connections`)],
    ...Array.from(times, ([name, byCount]) => [
      name,
      ...counts.map((count) => spread(byCount.get(count).map(sum), 0)),
    ]),
  ])
  print()
  print(`  medians (quartiles) of ${options.rounds} rounds`)
  printTail()
}
