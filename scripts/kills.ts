// Kills workers under load, and compares the answers of clients with the counts on the page:
//   npm run test:kills -- --kills 1000 --seed 1 --protocol http1
// `--place file` takes the counts from crash files, and not from memory.
// HTTP/1 is with keep-alive and pipelining. `--protocol http2` is with and without TLS, with the
// compatibility API and with streams. With counts in memory, no kill loses an answer over HTTP/2.
// With `--write response`, workers write their counts before each answer, and no kill loses one.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Kill, lostOf, runKills, summaryOf } from '../test/support/kills/kills-run.ts'

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    protocol: { type: 'string', default: 'http1' },
    write: { type: 'string', default: 'turn' },
    place: { type: 'string', default: 'memory' },
  },
})
const [kills, seed] = [Number(values.kills), Number(values.seed)]
const directory = mkdtempSync(join(tmpdir(), 'kills-'))
const all: Kill[] = []
const protocol = values.protocol === 'http2' ? 'http2' : 'http1'
const write = values.write === 'response' ? 'response' : 'turn'
const place = values.place === 'file' ? 'file' : 'memory'
const run = `${protocol}, ${place}, ${write}, seed ${seed}`
const print = (): unknown => process.stdout.write(`${summaryOf(all)} (${run})\n`)
try {
  await runKills({
    kills,
    seed,
    protocol,
    write,
    place,
    directory,
    onKill(kill) {
      all.push(kill)
      if (all.length % 100 === 0) print()
    },
  })
  print()
  const most = (kill: Kill): number => {
    if (write === 'response' || (protocol === 'http2' && place === 'memory')) return 0
    return place === 'memory' ? Math.max(1, kill.cut) : kill.ofLastTurn
  }
  if (all.some((kill) => lostOf(kill) > most(kill))) process.exitCode = 1
} finally {
  rmSync(directory, { recursive: true })
}
