import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type ChaosResult, chaosRun } from '../test/support/chaos/chaos-run.ts'
import { authorityIn } from '../test/support/endpoint/certificates.ts'

/*
 * Random signals to a master of `run` and to its workers, under load of every protocol. Prints each
 * failed request that no kill explains, and the resources of the master.
 */

const help = `Usage: npm run test:chaos -- [options]

  --minutes N   default: 10
  --seed N      repeats the order of the signals; default: random
  --quiet       prints no line per signal
`

/** @returns the exit code. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '10' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
      quiet: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(help)
    return 0
  }
  const [minutes, seed] = [Number(values.minutes), Number(values.seed)]
  if (!(minutes > 0) || !Number.isInteger(seed)) throw new RangeError(help)
  print(`seed ${seed}`)
  const directory = mkdtempSync(join(tmpdir(), 'chaos-'))
  const { certfile, keyfile } = authorityIn(directory).issue('server')
  const result = await chaosRun({
    ...{ directory, certfile, keyfile, seed },
    durationMs: minutes * 60_000,
    checkpointMs: Math.min(60_000, (minutes * 60_000) / 2),
    onProgress: values.quiet ? () => {} : print,
  })
  report(result)
  const file = join(directory, 'log')
  print(`The log is ${file}.`)
  writeFileSync(file, result.log)
  return isGood(result) ? 0 : 1
}

function isGood({ failures, findings }: ChaosResult): boolean {
  return findings.length === 0 && failures.every(({ attribution }) => attribution !== 'own')
}

function report({ acts, completed, failures, findings, resources }: ChaosResult): void {
  print(`\nsignals: ${listOf(acts)}`)
  print(`requests: ${listOf(completed)}`)
  for (const kind of ['held', 'under way', 'refused', 'own'] as const) {
    const some = failures.filter(({ attribution }) => attribution === kind)
    print(`failed, ${kind}: ${some.length}`)
    if (kind === 'held' || kind === 'under way') continue
    for (const { client, error, pid, failedAt } of some.slice(0, 50)) {
      print(`  ${client}: ${error}, pid ${pid}, at ${Math.round(failedAt)} ms`)
    }
  }
  print('\n| minute | master | descriptors | listeners | resident, MB |\n|---|---|---|---|---|')
  for (const { minutes, master, ...rest } of resources) {
    const { descriptors, listeners, residentMegabytes } = rest
    const cells = [minutes.toFixed(1), master, descriptors, listeners, residentMegabytes.toFixed(1)]
    print(`| ${cells.join(' | ')} |`)
  }
  for (const finding of findings) print(`FINDING ${finding}`)
}

function listOf(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([name, count]) => `${name} ${count}`).join(', ')
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

process.exitCode = await main()
