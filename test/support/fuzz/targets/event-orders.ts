import fc from 'fast-check'
import { ClusterRun, type RunOptions, roomy } from '../cluster/cluster-run.ts'
import type { SimulatedWorker } from '../cluster/simulated-worker.ts'
import { type FuzzTarget, fuzzTarget } from '../fuzz-target.ts'
import { oddTexts } from '../odd-values.ts'

/** A step of the world around the state. */
interface Step {
  readonly act: keyof typeof acts
  /** Chooses the worker. */
  readonly place: number
  readonly amount: number
  readonly text: string
}

interface Input {
  readonly options: RunOptions
  readonly steps: Iterable<fc.Command<object, ClusterRun>>
}

type Known = ClusterRun['model']['workers'][number]
type Act = (run: ClusterRun, known: Known, step: Step) => void

const kinds = ['book', 'pen', 'ink']

const acts = {
  count: (_, { worker }, { amount, place }) => worker.count(kinds[place % 3] ?? '', amount),
  report: (_, { worker }) => send(worker),
  countAndDeliver: (run, known, { amount }) => {
    known.worker.count('book', amount)
    send(known.worker)
    while (known.worker.onTheWay.length > 0) deliver(run, known)
  },
  deliver: (run, known) => deliver(run, known),
  /** A failed write: the reporter starts over only when the primary asks. */
  lose: (_, { worker }) => void worker.onTheWay.shift(),
  /** The reporter waited too long for an acknowledgement. */
  startOver: (_, { worker }) => void worker.reports.resetBaseline(),
  /** Again and out of order, but never an outdated report of all values. */
  repeat: (_, { worker }) => {
    const [first] = worker.onTheWay
    if (first && first.sequence > 0) worker.onTheWay.unshift(first)
  },
  exchange: (_, { worker: { onTheWay } }) => {
    const [first, second] = onTheWay
    if (first && second && first.sequence > 0 && second.sequence > 0) {
      onTheWay.splice(0, 2, second, first)
    }
  },
  nonsense: (run, { worker: { forkNumber } }, { text }) => {
    run.model.refuse()
    run.state.report(forkNumber, text)
  },
  /** A worker with the number of another. */
  impostor: (run, known) => {
    const other = run.model.workers.find(({ worker }) => worker !== known.worker)
    const text = other?.worker.reports.resetBaseline() && other.worker.send()?.text
    if (text === undefined) return
    run.model.refuse()
    run.state.report(known.worker.forkNumber, text)
    other?.worker.reports.resetBaseline()
  },
  listen: (run, { worker: { forkNumber } }) => run.state.apply({ kind: 'listening', forkNumber }),
  leave: (run, { worker: { forkNumber } }) =>
    run.state.apply({ kind: 'leaving', forkNumber, at: run.unixMs }),
  disconnect: (run, { worker: { forkNumber } }) =>
    run.state.apply({ kind: 'disconnected', forkNumber }),
  exit: (run, known, { amount }) => {
    if (known.presence === 'live') known.presence = 'exited'
    const { forkNumber } = known.worker
    const exit = { forkNumber, at: run.unixMs, code: amount % 2, signal: null, voluntary: false }
    run.state.apply({ kind: 'exited', ...exit })
  },
  end: (run, { worker: { forkNumber } }, { amount }) => run.end(forkNumber, amount % 2, null),
  endWithLastReport: (run, known) => {
    // The worker sends the last report when everything before has arrived.
    while (known.worker.onTheWay.length > 0) deliver(run, known)
    known.worker.lastReport = known.worker.send()
    run.end(known.worker.forkNumber, 0, null)
  },
  kill: (run, { worker }) => {
    worker.crashRequests = worker.values.requests
    worker.onTheWay.length = 0
    run.end(worker.forkNumber, null, 'SIGKILL')
  },
  /** The file is older than the last report. */
  killWithOldFile: (run, { worker }, { amount }) => {
    worker.crashRequests = Math.max(0, worker.values.requests - amount)
    run.end(worker.forkNumber, null, 'SIGKILL')
  },
  killAll: (run) => {
    for (const { worker } of run.model.in('live')) run.end(worker.forkNumber, null, 'SIGKILL')
  },
  forkMany: (run, _, { amount }) => {
    for (let count = 0; count < amount; count += 1) {
      const worker = run.fork(0)
      worker.count('pen', 1)
      send(worker)
      const known = run.model.workers.find((each) => each.worker === worker)
      if (known) deliver(run, known)
    }
  },
  wait: (run, _, { amount }) => {
    run.now += amount * 200
    run.unixMs += amount * 200
  },
  setClock: (run, _, { amount, place }) => {
    run.unixMs += (place % 2 === 0 ? 1 : -1) * amount * 3_600_000
  },
  signal: (run, _, { place }) =>
    run.state.apply({ kind: 'signal', reason: place % 2 === 0 ? 'hup' : 'chld' }),
  want: (run, _, { amount }) => run.state.apply({ kind: 'wanted', count: amount % 5 }),
  close: (run) => run.state.apply({ kind: 'closing' }),
  checkSilence: (run) => run.state.checkSilence(),
  scrape: (run) => run.scrape(),
} as const satisfies Record<string, Act>

function send(worker: SimulatedWorker): void {
  const sent = worker.send()
  if (sent) worker.onTheWay.push(sent)
}

function deliver(run: ClusterRun, known: Known): void {
  const { worker } = known
  const sent = worker.onTheWay.shift()
  if (!sent) return
  run.model.report(known, sent.sequence, sent.values)
  run.state.report(worker.forkNumber, sent.text)
}

class StepCommand implements fc.Command<object, ClusterRun> {
  readonly #step: Step

  constructor(step: Step) {
    this.#step = step
  }

  check(): boolean {
    return true
  }

  run(_: object, run: ClusterRun): void {
    const { act, place } = this.#step
    const { workers } = run.model
    const known = workers[place % Math.max(1, workers.length)]
    const isForgotten = known?.presence === 'forgotten'
    if (known && !isForgotten) (acts[act] as Act)(run, known, this.#step)
    else run.fork(place % 3)
  }

  toString(): string {
    const { act, place, amount, text } = this.#step
    return `${act}(${place}, ${amount}${act === 'nonsense' ? `, ${JSON.stringify(text)}` : ''})`
  }
}

class ForkCommand implements fc.Command<object, ClusterRun> {
  readonly #gap: number

  constructor(gap: number) {
    this.#gap = gap
  }

  check(): boolean {
    return true
  }

  run(_: object, run: ClusterRun): void {
    run.fork(this.#gap)
  }

  toString(): string {
    return `fork(${this.#gap})`
  }
}

const steps = fc
  .record<Step>({
    act: fc.constantFrom(...(Object.keys(acts) as (keyof typeof acts)[])),
    place: fc.nat({ max: 12 }),
    amount: fc.nat({ max: 60 }),
    text: oddTexts,
  })
  .map((step) => new StepCommand(step))
const forks = fc.nat({ max: 2 }).map((gap) => new ForkCommand(gap))

const inputs: fc.Arbitrary<Input> = fc.record<Input>({
  options: fc.record({
    usesSlots: fc.boolean(),
    keepWorkerId: fc.boolean(),
    maxSeries: fc.constantFrom(roomy, roomy, roomy, 7),
  }),
  steps: fc.commands([forks, steps, steps, steps, steps], { maxCommands: 60, size: 'max' }),
})

/** Event orders into registry and aggregator, against a model. */
export const eventOrdersTarget: FuzzTarget = fuzzTarget<Input>({
  name: 'event-orders',
  claim: 'totals of workers never fall and never double, live counts are right, and bounds hold',
  quickCases: 300,
  inputs,
  start: () => ({
    check({ options, steps: commands }) {
      const run = new ClusterRun(options)
      fc.modelRun(() => ({ model: {}, real: run }), commands)
      run.finish()
    },
  }),
})
