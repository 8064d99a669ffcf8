import { chmodSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { makeDirectory } from '../../files/make-directory.ts'
import type { GunicornLog } from '../../log/gunicorn-log.ts'
import { coded } from '../../model/errors/coded-text.ts'
import { messageOf } from '../../support/error-message.ts'
import type { ClientOptions } from './client.ts'
import { ControlServer } from './server.ts'
import {
  draftPath,
  findingAt,
  isOwnSocket,
  OwnSocketFile,
  pathFault,
  removeStale,
} from './socket-place.ts'

export interface ControlSocketOptions extends Pick<ClientOptions, 'answer'> {
  readonly path: string
  /** Whether the operator has named the path. */
  readonly isAsked: boolean
  readonly mode: number
  readonly log: Pick<GunicornLog, 'write'>
  /** Called for each client that sends something that is no request. */
  readonly onFault: () => void
}

/**
 * The control socket of a master. Where the socket cannot have its path, a line in the log says
 * why, and the master goes on without the socket.
 */
export class ControlSocket {
  readonly #options: ControlSocketOptions
  readonly #server: ControlServer
  #file: OwnSocketFile | undefined
  #isClosed = false

  constructor(options: ControlSocketOptions) {
    this.#options = options
    const { answer, log, onFault } = options
    this.#server = new ControlServer({
      answer,
      onRefused(reason) {
        onFault()
        log.write('debug', `Control socket: refused a client: ${reason}`)
      },
      onError(error) {
        onFault()
        log.write('warning', coded('GPE_CONTROL_SOCKET', `Control socket: ${error.message}`))
      },
    })
  }

  /** Opens the socket, in a later turn. */
  open(): void {
    this.#open().catch((error: unknown) => this.#giveUp(messageOf(error)))
  }

  /** Makes room for the socket of a successor. */
  stepAside(): void {
    this.#attempt(() => this.#file?.stepAside())
  }

  /** Takes the path again, after the end of the successor. */
  stepBack(): void {
    this.#stepBack().catch((error: unknown) => this.#tell(messageOf(error)))
  }

  /** Ends all clients, and removes the file. */
  close(): void {
    this.#isClosed = true
    this.#attempt(() => this.#file?.remove())
    this.#server.close()
  }

  async #open(): Promise<void> {
    const { path } = this.#options
    const fault = pathFault(path) ?? this.#directoryFault() ?? (await this.#occupation())
    if (fault !== undefined) this.#giveUp(fault)
    else if (!this.#isClosed) this.#listen()
  }

  #directoryFault(): string | undefined {
    try {
      makeDirectory(dirname(this.#options.path))
      return undefined
    } catch (error) {
      return messageOf(error)
    }
  }

  /** Why the path is not free; undefined where it is. Removes the file of a stale socket. */
  async #occupation(): Promise<string | undefined> {
    const { path } = this.#options
    const finding = await findingAt(path)
    if (finding.kind === 'taken') return 'another process listens there'
    if (finding.kind === 'foreign') return 'a file of another kind is there'
    if (finding.kind === 'stale') removeStale(path, finding.file)
    return undefined
  }

  /** Under another name, so that no client connects before the socket has its mode. */
  #listen(): void {
    const { path, mode } = this.#options
    const draft = draftPath(path, 'new')
    rmSync(draft, { force: true })
    // `listen()` makes the file at once. Before the mode is set, only this user can connect.
    const umask = process.umask(0o177)
    try {
      this.#server.listen(draft, (error) => this.#opened(draft, error))
    } finally {
      process.umask(umask)
    }
    // Without a socket of this user, the call above gets the error.
    if (isOwnSocket(draft)) chmodSync(draft, mode)
  }

  #opened(draft: string, error: Error | undefined): void {
    const { path, log } = this.#options
    if (error) {
      this.#giveUp(error.message)
      return
    }
    this.#attempt(() => {
      this.#file = new OwnSocketFile(draft, path)
      log.write('info', `Control socket listening at ${path}`)
    })
    if (!this.#file) this.#server.close()
  }

  async #stepBack(): Promise<void> {
    const { path } = this.#options
    if (this.#file === undefined || this.#file.path === path) return
    // The successor can have left its file.
    const fault = await this.#occupation()
    if (this.#isClosed || (fault === undefined && this.#file.stepBack())) return
    this.#tell(`the socket stays at ${this.#file.path}`)
  }

  #attempt(act: () => void): void {
    try {
      act()
    } catch (error) {
      this.#tell(messageOf(error))
    }
  }

  #giveUp(reason: string): void {
    this.#tell(`${reason}. The master goes on without a control socket`)
  }

  /** Nobody has asked for the default place: there, the line is no warning. */
  #tell(reason: string): void {
    const { path, isAsked, log } = this.#options
    const text = `Control socket ${path}: ${reason}`
    log.write(isAsked ? 'warning' : 'info', coded('GPE_CONTROL_SOCKET', text))
  }
}
