import type { Belongings } from '../programs/belongings.ts'
import type { Stand } from './stand.ts'

/** How much of a fault a run sees. */
export interface FaultSize {
  /** Workers that are killed. */
  readonly kills: number
  /** How long a state lasts, seconds. */
  readonly seconds: number
}

/** The size of a run in `npm test`. */
export const shortSize: FaultSize = { kills: 15, seconds: 5 }
/** The size of `npm run test:faults`. */
export const longSize: FaultSize = { kills: 300, seconds: 30 }

/** A fault of the machine, the network or a process, under which the gates must hold. */
export interface Fault {
  /** The title of the test. */
  readonly title: string
  /**
   * Makes what the fault needs.
   * @returns undefined where the machine cannot have the fault; the test is then skipped.
   */
  readonly prepare: (
    context: Belongings,
    size: FaultSize,
  ) => PreparedFault | undefined | Promise<PreparedFault | undefined>
}

export interface PreparedFault {
  readonly env?: Readonly<Record<string, string>>
  readonly nodeArgs?: readonly string[]
  /** A command that takes node and the arguments of node as its arguments. */
  readonly through?: readonly string[]
  /** Time between two requests of a connection, milliseconds. */
  readonly pauseMs?: number
  /** Lines on stderr that other programs write because of the fault. */
  readonly foreign?: RegExp
  /** Whether a dead process keeps its directory, because the fault prevents the removal. */
  readonly keepsDirectory?: boolean
  /** Begins the fault, checks what must hold while the fault lasts, and ends the fault. */
  readonly act: (stand: Stand) => Promise<void>
}
