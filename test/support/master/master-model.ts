import { mock } from 'node:test'
import fc from 'fast-check'
import { GunicornLog } from '../../../src/log/gunicorn-log.ts'
import { HookCaller } from '../../../src/master/hooks/hooks.ts'
import { Master } from '../../../src/master/master.ts'
import type { RunSettings } from '../../../src/master/settings/run-settings.ts'
import { FakeCluster, type FakeWorker } from './fake-cluster.ts'
import { runSettings } from './run-settings.ts'

/*
 * A model of the states of a master. A real master gets events in random order. After each event,
 * and at the end, the model checks what must hold in every state.
 */

const addresses = ['*:1', '*:2'] as const

type WorkerEvent =
  | { readonly kind: 'listens'; readonly worker: number; readonly both: boolean }
  | { readonly kind: 'ready' | 'spent' | 'large'; readonly worker: number }
  | { readonly kind: 'asked'; readonly worker: number; readonly signal: NodeJS.Signals }
  | { readonly kind: 'exits'; readonly worker: number; readonly how: number }

type Event =
  | WorkerEvent
  | { readonly kind: 'time'; readonly ms: number; readonly beats: boolean }
  | { readonly kind: 'hup'; readonly settings: Partial<RunSettings> }
  | { readonly kind: 'ttin' | 'ttou' | 'winch' | 'refusal' | 'no process' | 'disconnects' }

const worker = fc.nat({ max: 7 })
const settings = fc.record({
  workers: fc.integer({ min: 1, max: 3 }),
  reloadStrategy: fc.constantFrom('all-at-once' as const, 'one-by-one' as const),
  gracefulTimeoutMs: fc.constantFrom(0, 30_000),
  timeoutMs: fc.constantFrom(0, 30_000),
})

const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('listens'), worker, both: fc.boolean() }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom('ready', 'spent', 'spent', 'large'),
      worker,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('asked'),
      worker,
      signal: fc.constantFrom('SIGTERM', 'SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP'),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('exits'), worker, how: fc.nat({ max: 4 }) }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('time'),
      ms: fc.constantFrom(50, 150, 600, 1_000, 5_000, 20_000, 61_000),
      beats: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('hup'), settings }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        ...(['ttin', 'ttin', 'ttou', 'winch', 'refusal', 'no process', 'disconnects'] as const),
      ),
    }),
  },
) as fc.Arbitrary<Event>

export interface Scenario {
  readonly first: Partial<RunSettings>
  readonly events: readonly Event[]
}

export const scenarios: fc.Arbitrary<Scenario> = fc.record({
  first: settings,
  events: fc.array(event, { minLength: 1, maxLength: 40 }),
})

/** Plays a scenario. @throws at the first state that must not be. */
export function play({ first, events }: Scenario): void {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'setImmediate'] })
  try {
    const model = new MasterModel({ ...first, maxMemoryBytes: 1_000 })
    for (const each of events) model.act(each)
    model.recover()
    model.stop()
  } finally {
    mock.timers.reset()
  }
}

interface Level {
  /** Workers that listen on both addresses and do not end. */
  readonly full: number
  /** Workers that listen on one address and do not end. */
  readonly half: number
}

/** One log for all masters: each log has a descriptor. */
const log = new GunicornLog('/dev/null', 'critical')
const hooks = new HookCaller({}, log)

/** The master, and the processes as the model plays the processes. */
class MasterModel {
  readonly #cluster = new FakeCluster()
  readonly #master: Master
  readonly #exitCodes: number[] = []
  readonly #open = new Map<FakeWorker, readonly string[]>()
  readonly #gone = new Set<FakeWorker>()
  #wanted = 0
  /** The largest wanted number so far: a failed reload returns to an earlier number. */
  #mostWanted = 0
  #hasGivenUp = false
  #now = 5_000

  constructor(given: Partial<RunSettings>) {
    this.#master = new Master({
      cluster: this.#cluster.asCluster(),
      settings: runSettings(given),
      hooks,
      log,
      sockets: {
        closeUnused: () => {},
        keepUnused: () => {},
        stopAccepting: () => {},
        setSuccessor: () => {},
      },
      onWanted: (count) => {
        this.#wanted = count
        this.#mostWanted = Math.max(this.#mostWanted, count)
      },
      onClosing: () => {},
      exporter: { tellsDeaths: () => false, heldBy: undefined },
      onReopen: () => {},
      onOutcome: () => {},
      onEnd: (code) => void this.#exitCodes.push(code),
      now: () => this.#now,
    })
    log.write = (_, text) => {
      this.#hasGivenUp ||= text.includes('Giving up')
    }
    this.#master.start()
    this.#check('start')
  }

  get #living(): FakeWorker[] {
    return this.#cluster.forked.filter((each) => !this.#gone.has(each))
  }

  get #staying(): FakeWorker[] {
    return this.#living.filter((each) => !isEnding(each))
  }

  get #level(): Level {
    const counts = this.#staying.map((each) => this.#open.get(each)?.length ?? 0)
    const numberOf = (wanted: number): number => counts.filter((count) => count === wanted).length
    return { full: numberOf(2), half: numberOf(1) }
  }

  act(each: Event): void {
    if (this.#exitCodes.length > 0) return
    const before = this.#level
    this.#play(each)
    this.#killAsAsked()
    if (!harmful(each)) this.#checkLevel(each, before)
    this.#check(JSON.stringify(each))
  }

  /** A reload with good code reaches the wanted number of workers from every state. */
  recover(): void {
    // A master that gives up has no way back.
    if (this.#hasGivenUp) return
    const forks = this.#cluster.forked.length
    this.#cluster.refusals.length = 0
    this.#master.reload(runSettings({ workers: 2 }), hooks)
    for (let turn = 0; turn < 60; turn += 1) this.#playWell()
    const left = this.#staying.map(({ id }) => id)
    if (left.length !== 2 || left.some((id) => id <= forks)) {
      throw new Error(`After a reload, the workers ${left} live; forks before: ${forks}`)
    }
  }

  /** The stop ends, although no worker ends by itself. */
  stop(): void {
    this.#master.stop('term')
    this.#pass(1_000, true)
    this.#master.stop('term')
    this.#pass(5_000, false)
    if (this.#exitCodes.length !== 1) throw new Error('The master does not end.')
    if (this.#living.length > 0) throw new Error('Workers outlive the master.')
  }

  /** Every worker does as the master wants. */
  #playWell(): void {
    for (const each of this.#living.filter(isEnding)) this.#exit(each, { code: 0 })
    for (const each of this.#staying) this.#listen(each, addresses)
    this.#pass(250, true)
  }

  #play(each: Event): void {
    if (each.kind === 'hup') {
      this.#master.reload(runSettings({ ...each.settings, maxMemoryBytes: 1_000 }), hooks)
    } else if (each.kind === 'ttin') this.#master.scale(1)
    else if (each.kind === 'ttou') this.#master.scale(-1)
    else if (each.kind === 'winch') this.#master.rest()
    else if (each.kind === 'time') this.#pass(each.ms, each.beats)
    else if (each.kind === 'refusal') this.#cluster.refusals.push(new Error('ENOMEM'))
    else if (each.kind === 'no process') this.#failLast()
    else if (each.kind === 'disconnects') this.#disconnect()
    else if ('worker' in each) this.#playWorker(each)
  }

  #playWorker(each: WorkerEvent): void {
    const found = this.#living[each.worker % Math.max(1, this.#living.length)]
    if (!found) return
    const { kind } = each
    if (kind === 'listens') this.#listen(found, addresses.slice(0, each.both ? 2 : 1))
    else if (kind === 'exits') this.#exit(found, ways[each.how] ?? {})
    else if (kind === 'asked') found.says('ASKED', each.signal)
    else this.#hear(found, kind)
  }

  #hear(found: FakeWorker, kind: 'ready' | 'spent' | 'large'): void {
    if (kind === 'spent') found.says('SPENT')
    else if (kind === 'large') found.says('BEAT')
    else if (this.#open.has(found)) found.emit('message', 'ready')
  }

  /** The channels of ended workers close. */
  #disconnect(): void {
    for (const gone of this.#gone) gone.process.emit('disconnect')
  }

  #listen(found: FakeWorker, on: readonly string[]): void {
    // A worker that ends opens no server.
    if (isEnding(found)) return
    const before = this.#open.get(found) ?? []
    this.#open.set(
      found,
      addresses.filter((each) => on.includes(each) || before.includes(each)),
    )
    found.listensOn(...(this.#open.get(found) ?? []))
  }

  #exit(found: FakeWorker, how: { code?: number; signal?: string; isChannelOpen?: boolean }): void {
    this.#gone.add(found)
    this.#open.delete(found)
    found.process.exitCode = how.signal ? null : (how.code ?? 0)
    found.process.signalCode = how.signal ?? null
    this.#cluster.ends(found.id, how)
  }

  /** The system has started no process for the latest fork. */
  #failLast(): void {
    const last = this.#cluster.forked.at(-1)
    if (!last || this.#gone.has(last) || this.#open.has(last)) return
    this.#gone.add(last)
    Object.assign(last.process, { pid: undefined, connected: false })
    last.emit('error', new Error('spawn EAGAIN'))
  }

  #pass(ms: number, beats: boolean): void {
    const step = 250
    for (let at = 0; at < ms; at += step) {
      const stepMs = Math.min(step, ms - at)
      this.#now += stepMs
      if (beats) for (const each of this.#staying) each.beats(10)
      mock.timers.tick(stepMs)
      this.#killAsAsked()
    }
  }

  #killAsAsked(): void {
    for (const each of this.#living) {
      if (each.signals.includes('SIGKILL')) this.#exit(each, { signal: 'SIGKILL' })
    }
  }

  #checkLevel(each: Event, before: Level): void {
    const { full } = this.#level
    const least = Math.min(before.full, this.#wanted)
    // Where a worker listens on one address, the other address is not required of its generation.
    if (full >= least || before.half > 0) return
    throw new Error(`${JSON.stringify(each)}: ${before.full} workers served, now ${full}`)
  }

  #check(text: string): void {
    const most = 2 * this.#mostWanted + 1
    const { length } = this.#staying
    if (length > most) throw new Error(`${text}: ${length} workers for ${this.#wanted} wanted`)
  }
}

const ways = [
  { code: 0 },
  { code: 1 },
  { signal: 'SIGKILL' },
  { signal: 'SIGTERM' },
  { code: 1, isChannelOpen: true },
] as const

/** Whether the master has asked the worker to end. */
function isEnding({ commands, signals }: FakeWorker): boolean {
  return commands.some((each) => each === 'RETIRE' || each === 'QUIT') || signals.length > 0
}

/** Whether the event itself takes a worker away, or lets a deadline pass. */
function harmful({ kind }: Event): boolean {
  return kind === 'exits' || kind === 'time' || kind === 'no process'
}
