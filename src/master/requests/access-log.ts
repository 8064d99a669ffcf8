import type { Socket } from 'node:net'
import type { CodedText } from '../../model/errors/coded-text.ts'
import type { AccessLogSettings } from '../../model/request/observer-settings.ts'
import { type RequestEnd, requestEndChannel } from '../../model/request/request-end.ts'
import { messageOf } from '../../support/error-message.ts'
import { observeChannel } from '../../support/observe-channel.ts'
import { type Stop, stopAll } from '../../support/stop.ts'
import { accessLine } from './access-line.ts'
import { agentFaults, FaultReports } from './fault-reports.ts'
import { LineFile } from './line-file.ts'
import { SeenRequest } from './seen-request.ts'

interface SocketMessage {
  readonly socket: Socket
}

/** Writes a line about each ended request of this process. */
export class AccessLog {
  readonly #faults: FaultReports
  readonly #file: LineFile
  readonly #stops: Stop[]

  /**
   * @param warn prints a warning. Must not throw.
   * @throws when the file cannot be opened.
   */
  constructor({ file, format }: AccessLogSettings, warn: (text: CodedText) => void) {
    const text = `The access log ${file} loses lines`
    const faults = new FaultReports({
      code: 'GPE_ACCESS_LOG',
      text,
      warn,
      count: agentFaults('access_log'),
    })
    const onLost = (lines: number, reason: string): void => faults.lost(lines, reason)
    const lines = new LineFile({ file, onLost, onWritten: () => {} })
    const line = accessLine(format)
    this.#faults = faults
    this.#file = lines
    // A subscriber that throws would end the process.
    const write = (end: RequestEnd): void => {
      try {
        lines.append(line(new SeenRequest(end)))
      } catch (error) {
        onLost(1, messageOf(error))
      }
    }
    this.#stops = [
      observeChannel<RequestEnd>(requestEndChannel, write),
      observeChannel<SocketMessage>('net.server.socket', keepAddress),
    ]
  }

  /** Opens the file again, after a rotation. */
  reopen(): void {
    try {
      this.#file.reopen()
    } catch (error) {
      this.#faults.lost(0, `the file cannot be opened again: ${messageOf(error)}`)
    }
  }

  /** Writes all lines, and stops. Call this method at the end of the process. */
  close(): void {
    stopAll(this.#stops)
    try {
      this.#file.flush()
    } catch (error) {
      this.#faults.lost(1, messageOf(error))
    }
  }
}

/** Node.js keeps the address that was read once: a closed socket does not know its address. */
function keepAddress({ socket }: SocketMessage): void {
  try {
    Reflect.get(socket, 'remoteAddress')
  } catch {
    // A connection whose client has left already.
  }
}
