import { createConnection, type Socket } from 'node:net'
import { ctlLimits } from '../../limits/tools/control.ts'
import { encodeFrame, FrameReader } from '../../master/control/frame.ts'
import type { ControlData } from '../../master/control/message.ts'
import { withCode } from '../../model/errors/coded-error.ts'
import { type CodedText, coded } from '../../model/errors/coded-text.ts'
import { isRecord } from '../../support/guards.ts'
import { connectionFailure } from './connection-failure.ts'

/** Why a command has no data. Another error is a fault of this program. */
export class CtlFailure extends Error {
  /** For the user. A master has put the code into the text of its answer. */
  readonly text: CodedText

  constructor(text: CodedText) {
    super(text)
    this.text = text
  }
}

/** A connection to a control socket. Sends one command at a time. */
export class CtlClient {
  readonly #path: string
  readonly #socket: Socket
  readonly #reader = new FrameReader(ctlLimits.answerBytes)
  #receive: (answer: unknown) => void = () => {}
  #fail: (error: Error) => void = () => {}
  #id = 0

  private constructor(path: string, socket: Socket) {
    this.#path = path
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
    socket.on('error', () => {})
    socket.on('close', () => this.#fail(closed(path)))
  }

  /** @throws CtlFailure that says what to do. */
  static async connect(path: string): Promise<CtlClient> {
    return await new Promise((resolve, reject) => {
      const socket = createConnection(path)
      const failed = (error: Error): void =>
        reject(new CtlFailure(coded('GPE_CONTROL_UNREACHABLE', connectionFailure(path, error))))
      socket.once('error', failed)
      socket.once('connect', () => {
        socket.off('error', failed)
        resolve(new CtlClient(path, socket))
      })
    })
  }

  /** @returns the data of the answer. @throws CtlFailure with the error of the answer. */
  async send(command: string): Promise<ControlData> {
    if (this.isClosed) throw closed(this.#path)
    this.#id += 1
    const answer = await new Promise<unknown>((resolve, reject) => {
      this.#receive = resolve
      this.#fail = reject
      this.#socket.write(encodeFrame({ id: this.#id, command, args: [] }))
    })
    if (!isRecord(answer)) throw unanswered(`${this.#path} sent no answer of this protocol.`)
    if (answer['status'] === 'error') {
      throw new CtlFailure(withCode('GPE_CONTROL_COMMAND', String(answer['error'])))
    }
    return isRecord(answer['data']) ? answer['data'] : {}
  }

  get isClosed(): boolean {
    return this.#socket.destroyed
  }

  close(): void {
    this.#fail = () => {}
    this.#socket.destroy()
  }

  #read(chunk: Buffer): void {
    for (const frame of this.#reader.read(chunk)) {
      this.#receive(frame.kind === 'frame' ? parsed(frame.body) : undefined)
    }
  }
}

function closed(path: string): CtlFailure {
  return unanswered(`${path} closed the connection.`)
}

function unanswered(text: string): CtlFailure {
  return new CtlFailure(coded('GPE_CONTROL_ANSWER', text))
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}
