import { closeSync } from 'node:fs'
import type { Socket } from 'node:net'
import { shareLimits } from '../../limits/share.ts'
import { coded } from '../../model/errors/coded-text.ts'
import type { Metric } from '../../model/metric.ts'
import { nodeClock } from '../../support/clock.ts'
import { reachPredecessor } from './hand-over-client.ts'
import { HandOverServer } from './hand-over-server.ts'
import type { HandOverOffer, Predecessor } from './offer.ts'
import { StateExchange, type StateExchangeOptions } from './state-exchange.ts'

/** The endpoint of this process, as far as an upgrade moves its socket. */
export interface MovableEndpoint {
  /** The descriptor of the listening socket; undefined where the endpoint does not listen. */
  readonly descriptor: () => number | undefined
  /** Accepts no new connection, and ends each open connection after its next response. */
  readonly release: () => void
  /** @param descriptor a listening socket; undefined: the endpoint opens its address. */
  readonly listen: (descriptor: number | undefined) => void
}

export interface HandOverOptions
  extends Pick<StateExchangeOptions, 'continued' | 'collect' | 'isReady' | 'onNotice' | 'onFault'> {
  /** The old master, if this process is its successor. */
  readonly predecessor: Predecessor | undefined
  /** The configured address of the endpoint as JSON; undefined where the endpoint is off. */
  readonly address: string | undefined
  readonly endpoint: () => MovableEndpoint
  /**
   * Called when an old master has ended without handing over metrics.
   * @returns whether a state file continues the totals.
   */
  readonly onNothing: () => boolean
  /** Pid of the parent process. Default: the pid from the system. */
  readonly parentPid?: () => number
}

/** Who shows the page during an upgrade. */
type State =
  | { readonly kind: 'alone' }
  /** This process is the successor. `held`: the inherited socket of the endpoint, unused. */
  | { readonly kind: 'successor'; readonly held: number | undefined }
  /** A successor starts or serves. */
  | { readonly kind: 'predecessor' }
  /** The successor shows the page. Open connections get the last page of this process. */
  | { readonly kind: 'released'; readonly page: readonly Metric[] }

/**
 * Hands the metrics and the endpoint's socket of an old master to its successor. Until the end of
 * the first master, both masters know the metrics of both.
 */
export class HandOver {
  readonly #options: HandOverOptions
  readonly #server: HandOverServer
  #state: State = { kind: 'alone' }
  #exchange: StateExchange | undefined
  /** Called when a successor connects. */
  #onConnected: () => void = () => {}
  #isReleaseWanted = false

  constructor(options: HandOverOptions) {
    this.#options = options
    const { predecessor, onFault } = options
    this.#server = new HandOverServer({ onSuccessor: (socket) => this.#follow(socket), onFault })
    if (predecessor) this.#succeed(predecessor)
  }

  /** Whether the endpoint has to wait for the end of the old master. */
  get holdsEndpoint(): boolean {
    return this.#state.kind === 'successor' && this.#state.held !== undefined
  }

  /** Whether a worker of the other master serves. */
  get isOtherReady(): boolean {
    return this.#exchange?.isOtherReady ?? false
  }

  /** Whether the other master writes the totals of both to a file, or reads the own totals. */
  get other(): 'writes' | 'reads' | undefined {
    if (this.#state.kind === 'successor') return 'writes'
    return this.#exchange ? 'reads' : undefined
  }

  /** All metrics for the page. */
  page(own: readonly Metric[], isStored: boolean): Metric[] {
    if (this.#state.kind === 'released') return [...this.#state.page]
    return this.#options.continued.page(own, isStored || this.#exchange !== undefined)
  }

  /** Prepares the start of a successor. */
  offer(done: (offer: HandOverOffer | undefined) => void): void {
    this.#state = { kind: 'predecessor' }
    this.#isReleaseWanted = false
    const { address, endpoint } = this.#options
    this.#server.open((found) => {
      const descriptor = endpoint().descriptor()
      const hasSocket = descriptor !== undefined && address !== undefined
      done(
        found && {
          version: 2,
          ...found,
          endpoint: hasSocket ? { descriptor, address } : undefined,
        },
      )
    })
  }

  /** Gives the endpoint to the successor, as soon as the successor has the metrics. */
  release(): void {
    this.#isReleaseWanted = true
    if (this.#state.kind === 'predecessor' && this.#exchange) this.#releaseTo(this.#exchange)
  }

  /** The successor has ended: this process shows everything again. */
  successorEnded(): void {
    this.#server.close()
    const exchange = this.#exchange
    const settle = (): void => {
      this.#exchange = undefined
      this.#options.continued.keepOther()
      const wasReleased = this.#state.kind === 'released'
      this.#state = { kind: 'alone' }
      if (wasReleased) this.#options.endpoint().listen(undefined)
    }
    if (!exchange || exchange.hasEnded) {
      settle()
      return
    }
    // The last state can still be on its way.
    const cancel = nodeClock.after(shareLimits.lastStateMs, () => exchange.destroy())
    exchange.onceEnded(() => {
      cancel()
      settle()
    })
  }

  /** Sends the last state. Resolves when the other master has the state, or after a limit. */
  async last(): Promise<void> {
    if (this.#state.kind === 'alone') return
    await new Promise<void>((resolve) => {
      const { firstHandOverMs, lastHandOverMs } = shareLimits
      nodeClock.after(this.#exchange ? lastHandOverMs : firstHandOverMs, resolve)
      const send = (): void => {
        const isOld = this.#state.kind !== 'successor'
        if (isOld) this.#options.endpoint().release()
        this.#exchange?.send(isOld, resolve)
      }
      if (this.#exchange) send()
      else if (this.#state.kind === 'predecessor') this.#onConnected = send
      else resolve()
    })
    this.#exchange?.end()
  }

  #releaseTo(exchange: StateExchange): void {
    const { endpoint, collect } = this.#options
    endpoint().release()
    // Totals of the successor's page include this state, so that no total falls.
    this.#state = { kind: 'released', page: this.page(collect() ?? [], false) }
    exchange.send(true)
  }

  #follow(socket: Socket): void {
    this.#exchange?.destroy()
    const exchange = this.#exchangeBy(socket, () => {})
    this.#exchange = exchange
    if (this.#isReleaseWanted) this.#releaseTo(exchange)
    else exchange.send(false)
    this.#onConnected()
  }

  #succeed({ pid, offer }: Predecessor): void {
    const { address, onFault } = this.#options
    const held = offer?.endpoint?.address === address ? offer?.endpoint?.descriptor : undefined
    if (offer?.endpoint && held === undefined) closeSync(offer.endpoint.descriptor)
    this.#state = { kind: 'successor', held }
    if (!offer) {
      nodeClock.after(0, () => this.#awaitEndOf(pid))
      return
    }
    reachPredecessor({
      ...{ port: offer.port, token: offer.token, onFault },
      isWanted: () => this.#isParent(pid),
      onUnreached: () => this.#awaitEndOf(pid),
      onReached: (socket) => {
        this.#exchange = this.#exchangeBy(socket, () => this.#awaitEndOf(pid))
        this.#exchange.send(false)
      },
    })
  }

  /** The exporter thread of the old master can end before its process. */
  #awaitEndOf(pid: number): void {
    if (this.#isParent(pid)) {
      nodeClock.after(shareLimits.parentPollMs, () => this.#awaitEndOf(pid))
      return
    }
    if (!this.#exchange?.hasMetrics) this.#noteNothing(pid)
    this.#options.continued.keepOther()
    this.#exchange = undefined
    this.#listen()
    if (this.#state.kind === 'successor') this.#state = { kind: 'alone' }
  }

  #isParent(pid: number): boolean {
    const { parentPid = () => process.ppid } = this.#options
    return parentPid() === pid
  }

  #noteNothing(pid: number): void {
    const { collect, onNotice, onNothing } = this.#options
    const text = `the old master, pid ${pid}, has handed over no metrics: totals start at 0`
    if (!onNothing() && collect()) onNotice(coded('GPE_HAND_OVER', text))
  }

  #exchangeBy(socket: Socket, onEnd: () => void): StateExchange {
    const { endpoint, ...others } = this.#options
    return new StateExchange({ ...others, socket, onEnd, onReleased: () => this.#listen() })
  }

  #listen(): void {
    if (this.#state.kind !== 'successor' || this.#state.held === undefined) return
    const { held } = this.#state
    this.#state = { kind: 'successor', held: undefined }
    this.#options.endpoint().listen(held)
  }
}
