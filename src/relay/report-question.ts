import type { ChildProcess } from 'node:child_process'
import type { EventEmitter } from 'node:events'
import type { ReportStream } from '../model/report-stream.ts'
import { isEnvelope } from '../support/envelope.ts'
import { guardedListener } from '../support/listeners/guarded-listener.ts'
import type { Stop } from '../support/stop.ts'
import type { SendingChannel } from './ipc.ts'

const questionCommand = 'NODE_GUNICORN_ASK_REPORT'
const answerCommand = 'NODE_GUNICORN_HAS_REPORTED'

interface ReportQuestionOptions {
  readonly stream: ReportStream
  readonly onFault: (component: string) => void
  /** Default: `process`. */
  readonly channel?: SendingChannel & EventEmitter
}

/** In a worker: reports at once when the primary asks. The answer follows the report. */
export function answerReportQuestions(
  report: () => Promise<void>,
  { stream, onFault, channel = process }: ReportQuestionOptions,
): Stop {
  // Taken now: an application may replace `process.send` later, and does not see our messages.
  const post = channel.send?.bind(channel)
  const answer = async (): Promise<void> => {
    await report()
    if (channel.connected) post?.({ cmd: answerCommand, stream }, undefined, undefined, () => {})
  }
  return guardedListener(onFault)(channel, 'internalMessage', (message: unknown) => {
    if (isEnvelope(message, questionCommand) && message['stream'] === stream)
      answer().catch(() => onFault('report_question'))
  })
}

/** In the primary: asks a worker for a report. */
export function askForReport(child: ChildProcess, stream: ReportStream): void {
  // Without the check and the callback, a send to a dead worker would end the primary.
  if (child.connected) child.send({ cmd: questionCommand, stream }, () => {})
}

interface ReportAnswerOptions extends Pick<ReportQuestionOptions, 'stream'> {
  /** The worker has sent the report that the primary asked for. */
  readonly onReported: () => void
  readonly onFault?: (component: string) => void
}

/** In the primary: listens to the answers of a worker. */
export function onReportAnswer(
  child: ChildProcess,
  { stream, onReported, onFault = () => {} }: ReportAnswerOptions,
): Stop {
  return guardedListener(onFault)(child, 'internalMessage', (message: unknown) => {
    if (isEnvelope(message, answerCommand) && message['stream'] === stream) onReported()
  })
}
