/** The standstill of an event loop, with the code that held the loop. */
export interface Hang {
  /** How long the event loop stood still. */
  readonly seconds: number
  /** The top frame of the application, as `function (file:line:column)`. */
  readonly heldBy: string
  /** The JavaScript stack from the top, a frame per line; or why there is no stack. */
  readonly stack: string
}

/** A live worker without reports, told apart by the kernel's state of the process. */
export type HangState = 'hanging' | 'stopped'

/** A process whose event loop stands still, also where no stack was taken. */
export interface Standstill {
  readonly state: HangState
  /** Time since the last report. */
  readonly seconds: number
  /** As in `Hang`; null without a stack. */
  readonly heldBy: string | null
  readonly stack: string | null
}

/** A process whose event loop stands still. */
export interface HungProcess {
  /** Null for the process of the endpoint itself. */
  readonly workerId: string | null
  readonly pid: number
  readonly hang: Hang
}

/** The log line about a process that hangs. */
export function hangText({ workerId, pid, hang }: HungProcess): string {
  const { seconds, heldBy } = hang
  const who = workerId === null ? `The process (pid:${pid})` : `Worker ${workerId} (pid:${pid})`
  return `${who} hangs: its event loop stands still for ${shown(seconds)} s, held by ${heldBy}`
}

/** The facts of the log line, for logs of JSON. */
export interface HangFields extends Record<string, string | number | null> {
  readonly workerId: string | null
  readonly workerPid: number
  readonly seconds: number
  readonly heldBy: string
}

export function hangFields({ workerId, pid, hang }: HungProcess): HangFields {
  const { seconds, heldBy } = hang
  return { workerId, workerPid: pid, seconds, heldBy }
}

function shown(seconds: number): number {
  return Number(seconds.toFixed(1))
}
