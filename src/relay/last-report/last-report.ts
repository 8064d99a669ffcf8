import type { PrivateDirectory } from '../../files/private-directory.ts'
import { relayLimits } from '../../limits/relay.ts'
import type { ReportStream } from '../../model/report-stream.ts'
import { primaryDirectory } from './primary-directory.ts'

/**
 * The files in which workers leave their last report when the IPC channel cannot take it: the channel
 * is closed, still busy, or the report is larger than what a pipe accepts at once (field measurement:
 * 100 KB always arrived, 500 KB never).
 */
export class LastReports {
  readonly #directory: PrivateDirectory

  constructor(parent: string, primaryPid: number, line?: ReportStream) {
    this.#directory = primaryDirectory(parent, primaryPid, line)
  }

  /**
   * In the primary, before its first fork: what lies there is of an earlier process with its pid.
   * @throws where the directory cannot be made, or is not this user's alone.
   */
  prepare(): void {
    this.#directory.prepare()
  }

  /** In the primary, at its end. */
  clear(): void {
    this.#directory.clear()
  }

  /**
   * In a worker. Where no primary has prepared for it, nobody would read it: then nothing is written.
   * @throws where the file cannot be written.
   */
  leave(forkNumber: number, text: string): void {
    // Over an earlier report of ours; this one says everything that it did.
    if (this.#directory.isThere) this.#directory.replace(nameOf(forkNumber), text)
  }

  /** Returns and removes the report of a worker; undefined where there is none or it is not to be trusted. */
  take(forkNumber: number): string | undefined {
    const found = this.#directory.read(nameOf(forkNumber), relayLimits.reportChars)
    if (found === 'missing') return undefined
    this.#directory.remove(nameOf(forkNumber))
    return found === 'refused' ? undefined : readText(found)
  }
}

function nameOf(forkNumber: number): string {
  return `${forkNumber}.report.json`
}

/** Undefined for what is too long for one text. */
function readText(bytes: Buffer): string | undefined {
  try {
    return bytes.toString()
  } catch {
    return undefined
  }
}
