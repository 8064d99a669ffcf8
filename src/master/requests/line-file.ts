import { close, fstatSync, write, writeSync } from 'node:fs'
import { requestLimits } from '../../limits/tools/requests.ts'
import { errorCodeOf } from '../../support/error-code.ts'
import { messageOf } from '../../support/error-message.ts'
import { guarded } from '../../support/guarded.ts'
import { setTimeout } from '../../support/intrinsics/timers.ts'
import { openForLines, stdout, stdoutForLines } from './access-file.ts'

export interface LineFileOptions {
  /** A path, or `-` for stdout. */
  readonly file: string
  /** Called with the number of lost lines and the reason. Must not throw. */
  readonly onLost: (lines: number, reason: string) => void
  /** Called after lines have been written. Must not throw. */
  readonly onWritten: () => void
}

/**
 * Appends lines to a file, together and in the background: a slow disk delays no request. The
 * system appends each write as a whole, so that lines of several workers do not mix. On a pipe,
 * this holds for small writes alone.
 */
export class LineFile {
  readonly #options: LineFileOptions
  #descriptor: number | undefined
  #isPipe = false
  readonly #waiting: string[] = []
  #chars = 0
  #isTimed = false
  /** Lines of the write in progress, and its descriptor. */
  #writing: readonly string[] = []
  #busy: number | undefined
  /** Whether the last write ended within a line. */
  #isBroken = false

  /** @throws when the file cannot be opened. */
  constructor(options: LineFileOptions) {
    this.#options = options
    this.#open()
  }

  append(line: string): void {
    if (this.#chars >= requestLimits.waitingChars) {
      this.#options.onLost(1, 'too many lines wait for the disk')
      return
    }
    this.#waiting.push(line)
    this.#chars += line.length + 1
    if (this.#chars >= requestLimits.writeChars) this.#write()
    else this.#writeSoon()
  }

  /** Opens the path again, after a rotation. Waiting lines go to the new file. @throws */
  reopen(): void {
    if (this.#options.file === '-') return
    const old = this.#descriptor
    this.#open()
    // A write in progress still needs the descriptor.
    if (old !== undefined && old !== this.#busy) close(old, () => {})
  }

  /** Writes all lines at the end of the process. */
  flush(): void {
    // A terminal that stands still would hold the end of the process.
    if (this.#isPipe && this.#descriptor === stdout && this.#writing.length > 0) return
    while (this.#waiting.length > 0 && this.#descriptor !== undefined) {
      const { bytes, lines } = this.#take()
      try {
        for (let at = 0; at < bytes.length; ) at += writeSync(this.#descriptor, bytes, at)
      } catch (error) {
        const lost = lines.length + this.#waiting.splice(0).length
        this.#options.onLost(lost, messageOf(error))
      }
    }
  }

  #open(): void {
    const { file } = this.#options
    const descriptor = file === '-' ? stdoutForLines() : openForLines(file)
    this.#isPipe = !fstatSync(descriptor).isFile()
    this.#descriptor = descriptor
  }

  #writeSoon(): void {
    if (this.#isTimed || this.#writing.length > 0) return
    this.#isTimed = true
    const act = guarded(
      () => this.#write(),
      () => this.#options.onLost(1, 'an error of the access log'),
    )
    setTimeout(act, requestLimits.writeMs).unref()
  }

  #write(): void {
    this.#isTimed = false
    const descriptor = this.#descriptor
    if (this.#writing.length > 0 || this.#waiting.length === 0 || descriptor === undefined) return
    const { bytes, lines } = this.#take()
    this.#writing = lines
    this.#busy = descriptor
    this.#writeFrom(descriptor, bytes, 0)
  }

  #writeFrom(descriptor: number, bytes: Buffer, at: number): void {
    write(descriptor, bytes, at, bytes.length - at, null, (error, written) => {
      // A full disk takes a part of the lines. The next write has the reason.
      if (!error && written > 0 && at + written < bytes.length) {
        this.#writeFrom(descriptor, bytes, at + written)
        return
      }
      const isWhole = !error && at + written >= bytes.length
      if (isWhole) this.#options.onWritten()
      else this.#failed(bytes, at, error)
      this.#ended(descriptor)
      if (this.#waiting.length > 0) this.#next(isWhole)
    })
  }

  /** @param at the bytes before this position are written. */
  #failed(bytes: Buffer, at: number, error: unknown): void {
    if (at === 0 && errorCodeOf(error) === 'EAGAIN') this.#putBack(bytes)
    else this.#lost(bytes.subarray(0, at), error)
  }

  #ended(descriptor: number): void {
    this.#writing = []
    this.#busy = undefined
    if (descriptor !== this.#descriptor) close(descriptor, () => {})
  }

  /** The pipe is full: its reader reads slowly. */
  #putBack(bytes: Buffer): void {
    this.#waiting.unshift(...this.#writing)
    for (const line of this.#writing) this.#chars += line.length + 1
    this.#isBroken = bytes[0] === newline
  }

  /** After a failure, the next write waits. */
  #next(isWhole: boolean): void {
    if (isWhole && (this.#isPipe || this.#chars >= requestLimits.writeChars)) this.#write()
    else this.#writeSoon()
  }

  /** @param written what the file got of the lines. */
  #lost(written: Buffer, error: unknown): void {
    this.#isBroken = written.length > 0 && written.at(-1) !== newline
    const whole = written.reduce((count, byte) => (byte === newline ? count + 1 : count), 0)
    this.#options.onLost(this.#writing.length - whole, messageOf(error ?? 'the disk took no byte'))
  }

  /** The next lines, as large as one write may be. */
  #take(): { readonly bytes: Buffer; readonly lines: readonly string[] } {
    const most = this.#isPipe ? requestLimits.pipeBytes : requestLimits.writeChars
    let [count, chars] = [0, 0]
    for (const line of this.#waiting) {
      if (count > 0 && chars + line.length + 1 > most) break
      count += 1
      chars += line.length + 1
    }
    const lines = this.#waiting.splice(0, count)
    this.#chars -= chars
    const start = this.#isBroken ? '\n' : ''
    this.#isBroken = false
    return { bytes: Buffer.from(`${start}${lines.join('\n')}\n`), lines }
  }
}

const newline = 10
