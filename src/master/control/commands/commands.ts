import { controlLimits } from '../../../limits/tools/control.ts'
import type { GunicornLog } from '../../../log/gunicorn-log.ts'
import { coded } from '../../../model/errors/coded-text.ts'
import { messageOf } from '../../../support/error-message.ts'
import { CommandFault } from '../command-fault.ts'
import {
  type ControlRequest,
  type ControlResponse,
  dataResponse,
  errorResponse,
} from '../message.ts'
import type { Profiles } from '../profiles/profiles.ts'
import { CommandList } from './command-list.ts'
import { profileCommands } from './profile-commands.ts'
import { type ExporterView, showExporterCommands } from './show-exporter.ts'
import { type ShowMasterOptions, showMasterCommands } from './show-master.ts'
import { type SteerOptions, steerCommands } from './steer.ts'

export interface CommandsOptions extends ShowMasterOptions, SteerOptions {
  readonly profiles: Pick<Profiles, 'take'>
  /** Asks the exporter. Undefined without an answer. */
  readonly view: () => Promise<ExporterView | undefined>
  readonly log: Pick<GunicornLog, 'write'>
  /** Called when a command fails in a way that is not the client's. */
  readonly onFault: () => void
}

/** Answers the requests of clients. The promise never rejects. */
export function answerer(
  options: CommandsOptions,
): (request: ControlRequest, gone: AbortSignal) => Promise<ControlResponse> {
  const commands = new CommandList([
    ...showMasterCommands(options),
    ...showExporterCommands(options.view),
    ...steerCommands(options),
    ...profileCommands(options.profiles),
  ])
  const { log, onFault } = options
  return async ({ id, words }, gone) => {
    try {
      const { command, operands } = commands.find(words)
      const shown = words.join(' ').slice(0, controlLimits.shownChars)
      log.write(command.isQuestion ? 'debug' : 'info', `Control socket: ${shown}`)
      return dataResponse(id, await command.act(operands, gone))
    } catch (error) {
      if (error instanceof CommandFault) {
        return errorResponse(id, coded(error.code, sentence(error.message)))
      }
      onFault()
      const code = 'GPE_CONTROL_FAILED'
      log.write('error', coded(code, `Control socket: a command failed: ${messageOf(error)}`))
      return errorResponse(id, coded(code, `The command failed: ${messageOf(error)}`))
    }
  }
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}
