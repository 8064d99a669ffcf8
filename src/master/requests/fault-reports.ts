import { channel } from 'node:diagnostics_channel'
import { requestLimits } from '../../limits/tools/requests.ts'
import { type CodedText, coded } from '../../model/errors/coded-text.ts'
import type { ErrorCode } from '../../model/errors/error-table.ts'
import { type AgentFault, faultChannel } from '../../model/request/request-end.ts'
import { monotonicNow } from '../../support/intrinsics/monotonic-now.ts'

export interface FaultReportsOptions {
  readonly code: ErrorCode
  /** The start of the warning, such as `The access log /var/log/a loses lines`. */
  readonly text: string
  /** Prints a warning. Must not throw. */
  readonly warn: (text: CodedText) => void
  /** Counts a lost line, or a lost datagram. Must not throw. */
  readonly count: () => void
}

/** Counts a fault of the agent on the page of the worker. */
export function agentFaults(component: AgentFault['component']): () => void {
  const faults = channel(faultChannel)
  const fault: AgentFault = { component }
  return () => faults.publish(fault)
}

/** Counts lost lines on the page, and warns now and then. */
export class FaultReports {
  readonly #options: FaultReportsOptions
  #lost = 0
  #warnedAt = Number.NEGATIVE_INFINITY

  constructor(options: FaultReportsOptions) {
    this.#options = options
  }

  lost(lines: number, reason: string): void {
    const { code, text, warn, count } = this.#options
    for (let line = 0; line < lines; line += 1) count()
    this.#lost += lines
    const now = monotonicNow()
    if (now - this.#warnedAt < requestLimits.warningMs) return
    this.#warnedAt = now
    warn(coded(code, `${text}: ${reason}. Lost so far: ${this.#lost}`))
  }
}
