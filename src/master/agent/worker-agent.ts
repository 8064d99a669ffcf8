import { masterLimits } from '../../limits/master.ts'
import { type Clock, guardedClock, nodeClock } from '../../support/clock.ts'
import { guarded } from '../../support/guarded.ts'
import { keepListener } from '../../support/listeners/kept-listener.ts'
import { guardedChannel } from '../../support/observe-channel.ts'
import type { Stop } from '../../support/stop.ts'
import { callApplication } from './application-call.ts'
import { ApplicationEnd, type EndingProcess } from './application-end.ts'
import { ApplicationSignals, type SignalledProcess } from './application-signals.ts'
import { Drain } from './drain.ts'
import { faultWarning } from './fault-warning.ts'
import { MasterChannel } from './master-channel.ts'
import {
  askedCommand,
  closedCommand,
  type HeldSignal,
  missedCommand,
  parseToAgent,
  quitCommand,
  releaseCommand,
  reopenCommand,
  retireCommand,
  spentCommand,
  type WorkerSettings,
} from './message.ts'

/** The used part of `process`. */
export interface AgentProcess
  extends SignalledProcess,
    EndingProcess,
    Pick<NodeJS.Process, 'connected' | 'send' | 'memoryUsage'> {}

/** Parts of a worker that also hear the master. Errors are caught. */
export interface AgentListeners {
  /** The master asks for new log files. */
  readonly onReopen?: () => void
  /** Called with each message on the channel of `cluster` that is not for the agent. */
  readonly onOther?: (message: unknown) => void
}

/** The agent of a master in a worker: obeys the commands of the master, and reports. */
export class WorkerAgent {
  readonly #settings: WorkerSettings
  readonly #process: AgentProcess
  readonly #clock: Clock
  readonly #signals: ApplicationSignals
  readonly #drain: Drain
  readonly #end: ApplicationEnd
  readonly #channel: MasterChannel
  readonly #exit: (code: number) => void
  readonly #rss: () => number
  readonly #obeyed: (message: unknown) => void
  /** Called with the part that met an error. */
  readonly #onFault: (part: string) => void
  /** Reports of closed servers to which the master has not answered. */
  #openReports = 0
  #listeners: AgentListeners = {}
  /** Ends the wait for the master's answer to a signal. */
  #stopWaiting: Stop = () => {}

  /** @param clock its timers must not keep the process alive. */
  constructor(settings: WorkerSettings, process: AgentProcess, clock: Clock = nodeClock) {
    this.#settings = settings
    this.#process = process
    // Taken now: an application may replace these functions.
    const exit = process.exit.bind(process)
    this.#exit = (code) => callApplication(() => exit(code))
    this.#rss = process.memoryUsage.rss
    this.#onFault = faultWarning(process)
    this.#channel = new MasterChannel(process, this.#onFault)
    this.#clock = guardedClock(clock, () => this.#onFault('a timer'))
    this.#obeyed = this.#guarded('internalMessage', (message) => this.#obey(message))
    const asked = this.#guarded('signal', (signal: HeldSignal) => this.#asked(signal))
    this.#signals = new ApplicationSignals(process, asked)
    const settle = this.#guarded('drain', () => this.#settle())
    const signals = this.#signals
    const { emitWarning } = process
    this.#end = new ApplicationEnd({
      process,
      exit: this.#exit,
      warn: this.#guarded('a warning', emitWarning),
      signals,
      onSettled: settle,
    })
    this.#drain = new Drain({
      ...settings,
      onClosed: () => this.#closed(),
      onChange: settle,
      onFault: this.#onFault,
    })
  }

  start(listeners: AgentListeners = {}): void {
    this.#listeners = listeners
    // Terminals and service managers signal the whole group. The master sends a command too.
    this.#signals.hold()
    // Unlike `'message'`, a listener of this event does not keep the process alive.
    keepListener(this.#process, 'internalMessage', this.#obeyed)
    this.#clock.every(masterLimits.listenersCheckMs, () => this.#listenAgain())
    const { beatMs, requests } = this.#settings
    if (beatMs > 0) this.#clock.every(beatMs, () => this.#channel.beat(this.#rss()))
    if (requests > 0) this.#countRequests(requests)
  }

  /** An application can remove a listener in ways that nothing reports, for example by `off()`. */
  #listenAgain(): void {
    this.#signals.holdAgain()
    if (this.#process.rawListeners('internalMessage').includes(this.#obeyed)) return
    this.#process.on('internalMessage', this.#obeyed)
    if (this.#channel.isConnected) this.#channel.send({ cmd: missedCommand }, () => {})
  }

  #obey(value: unknown): void {
    const message = parseToAgent(value)
    if (!message) {
      this.#listeners.onOther?.(value)
      return
    }
    const { cmd } = message
    if (cmd !== reopenCommand) this.#stopWaiting()
    if (cmd === retireCommand) this.#retire()
    if (cmd === releaseCommand) this.#released()
    if (cmd === quitCommand) this.#quit(message.signal)
    if (cmd === reopenCommand) this.#reopen()
  }

  #reopen(): void {
    if (this.#process.listenerCount('SIGUSR1') > 0) {
      this.#process.kill(this.#process.pid, 'SIGUSR1')
    }
    this.#listeners.onReopen?.()
  }

  /** The master decides, because the sender can have signalled the whole process group. */
  #asked(signal: HeldSignal): void {
    // For an application with a listener, SIGHUP is no end.
    if (signal === 'SIGHUP' && this.#signals.hasListener(signal)) {
      this.#signals.deliver(signal)
      return
    }
    const actAlone = (): void => {
      this.#stopWaiting()
      if (signal === 'SIGTERM') this.#retire()
      else this.#quit(signal)
    }
    this.#stopWaiting()
    this.#stopWaiting = this.#clock.after(masterLimits.answerMs, actAlone)
    this.#channel.report({ cmd: askedCommand, signal }, actAlone)
  }

  /** Ends the process at once, or soon where the application listens for the signal. */
  #quit(signal: HeldSignal): void {
    if (!this.#signals.hasListener(signal)) {
      this.#exit(0)
      return
    }
    // The master sends SIGKILL a little later.
    this.#clock.after(masterLimits.quitMs, () => this.#exit(0))
    this.#signals.release(signal)
    this.#signals.deliver(signal)
  }

  #retire(): void {
    if (this.#drain.hasStarted) return
    const { gracefulMs } = this.#settings
    if (gracefulMs > 0) {
      const lastWordsMs = Math.min(masterLimits.lastWordsMs, gracefulMs / 2)
      this.#clock.after(gracefulMs - lastWordsMs, () => this.#end.tell())
    }
    this.#end.begin()
    this.#drain.start()
  }

  /**
   * While a server closes, the primary can hand a connection over. The connection is still in the
   * channel, and without this process the client would wait without end. The primary reads the
   * close before `closedCommand`. Node.js gives earlier connections back before the answer.
   */
  #closed(): void {
    this.#openReports += 1
    this.#channel.report({ cmd: closedCommand }, () => this.#released())
  }

  #released(): void {
    // The master can repeat the command.
    this.#openReports = Math.max(0, this.#openReports - 1)
    this.#settle()
  }

  /** An application that exits at SIGTERM must fail no request: finite work comes first. */
  #settle(): void {
    if (!this.#drain.hasStarted || this.#openReports > 0 || this.#end.isPending) return
    const { rest } = this.#drain
    if (rest === 'streams') this.#end.tell()
    if (rest === 'nothing') this.#end.finish()
  }

  #countRequests(limit: number): void {
    let served = 0
    guardedChannel(this.#onFault)('http.server.response.finish', () => {
      served += 1
      if (served === limit) this.#channel.send({ cmd: spentCommand }, () => {})
    })
  }

  #guarded<Values extends unknown[]>(
    part: string,
    act: (...values: Values) => void,
  ): (...values: Values) => void {
    return guarded(act, () => this.#onFault(part))
  }
}
