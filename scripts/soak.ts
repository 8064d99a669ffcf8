import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { slopePerHour } from './soak/slope.ts'
import { kinds, Subject } from './soak/subject.ts'

/*
 * Hours of load with churn. Workers are killed and replaced, and the master of `run` reloads.
 * Prints how memory and descriptors of each long-lived process change per hour, beside the same
 * application without the exporter. Prints also how many answered requests the exporter missed.
 */

const help = `Usage: npm run soak -- [options]

  --minutes N   default: 120
  --rate N      requests per second for each application; default: 60
  --kill N      seconds between two kills in each application; default: 10
  --reload N    seconds between two reloads of run; default: 60
`

const scrapeMs = 5_000
const readingMs = 30_000
/** The slope leaves out the first part of the run, because heaps and caches still fill up. */
const warmUpShare = 0.25

interface Plan {
  readonly minutes: number
  readonly rate: number
  readonly kill: number
  readonly reload: number
}

/** @returns the exit code. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '120' },
      rate: { type: 'string', default: '60' },
      kill: { type: 'string', default: '10' },
      reload: { type: 'string', default: '60' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(help)
    return 0
  }
  const { minutes, rate, kill, reload } = values
  const plan = {
    ...{ minutes: Number(minutes), rate: Number(rate) },
    ...{ kill: Number(kill), reload: Number(reload) },
  }
  for (const [name, value] of Object.entries(plan)) {
    if (!(value > 0)) throw new RangeError(`--${name} must be a number above 0.\n${help}`)
  }
  const subjects: Subject[] = []
  try {
    for (const kind of kinds) subjects.push(await Subject.start(kind, plan.rate, {}))
    const hours = await soak(subjects, plan)
    report(subjects, hours)
    return 0
  } finally {
    for (const subject of subjects) subject.stop()
  }
}

/** @returns the hours of the whole run. */
async function soak(subjects: readonly Subject[], plan: Plan): Promise<number> {
  const began = performance.now()
  const hoursNow = (): number => (performance.now() - began) / 3_600_000
  const work = [
    every(plan.kill * 1_000, () => subjects.forEach((subject) => void subject.killWorker())),
    every(plan.reload * 1_000, () => subjects.forEach((subject) => void subject.reload())),
    every(scrapeMs, () => Promise.all(subjects.map((subject) => subject.scrape()))),
    every(readingMs, () => subjects.forEach((subject) => void subject.read(hoursNow()))),
  ]
  await Promise.race([sleep(plan.minutes * 60_000), ...work.map(({ failed }) => failed)])
  const hours = hoursNow()
  for (const { stop } of work) stop()
  await Promise.all(subjects.map(({ load }) => load.end()))
  // Reports arrive once a second.
  await sleep(5_000)
  await Promise.all(subjects.map((subject) => subject.scrape()))
  return hours
}

interface Work {
  readonly stop: () => void
  /** Rejects when the work throws, and never resolves. */
  readonly failed: Promise<never>
}

function every(intervalMs: number, act: () => unknown): Work {
  let timer: NodeJS.Timeout | undefined
  const failed = new Promise<never>((_, reject) => {
    timer = setInterval(() => {
      Promise.resolve().then(act).catch(reject)
    }, intervalMs)
  })
  return { stop: () => clearInterval(timer), failed }
}

function report(subjects: readonly Subject[], hours: number): void {
  print(`${(hours * 60).toFixed(0)} minutes, Node.js ${process.version}\n`)
  print(
    '| application | process | resident at first, MB | at last, MB | per hour, MB | descriptors |',
  )
  print('|---|---|--:|--:|--:|--:|')
  for (const { kind, processes } of subjects) {
    for (const { name, resident, descriptors } of processes) {
      const warm = resident.filter((reading) => reading.hours >= hours * warmUpShare)
      const counts = descriptors.map(({ value }) => value)
      const cells = [
        ...[kind, name, fixed(warm[0]?.value), fixed(warm.at(-1)?.value)],
        fixed(slopePerHour(warm)),
        `${counts[0]} to ${counts.at(-1)}, at most ${Math.max(...counts)}`,
      ]
      print(`| ${cells.join(' | ')} |`)
    }
  }
  reportRequests(subjects)
}

function reportRequests(subjects: readonly Subject[]): void {
  print('\n| application | kills | reloads | answered | failed | counted | answered, not counted |')
  print('|---|--:|--:|--:|--:|--:|--:|')
  for (const subject of subjects) {
    const { kind, kills, reloads, load } = subject
    const counted = kind === 'plain' ? '-' : subject.counted()
    const missed = kind === 'plain' ? '-' : Math.max(0, load.answered + 1 - subject.counted())
    print(`| ${[kind, kills, reloads, load.answered, load.failed, counted, missed].join(' | ')} |`)
  }
  for (const { kind, load } of subjects) {
    for (const [reason, count] of load.errors) print(`${kind}: ${count} failed by ${reason}`)
  }
}

function fixed(value: number | undefined): string {
  return value === undefined ? '-' : value.toFixed(1)
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

process.exitCode = await main()
