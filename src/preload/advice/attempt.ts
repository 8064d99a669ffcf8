import { environment } from '../../config/environment.ts'
import { doctorSentence } from '../../log/doctor-hint.ts'
import { log, readLogVariables } from '../../log/log.ts'
import { codeOf } from '../../model/errors/coded-error.ts'
import { coded } from '../../model/errors/coded-text.ts'
import { messageOf } from '../../support/error-message.ts'

const switchedOff = 'the exporter is switched off'

/** Logs an error of `act` instead of throwing the error into the application. */
export function attempt<T>(act: () => T, effect: string = switchedOff): T | undefined {
  try {
    return act()
  } catch (error) {
    // The runtime reads the variables too, but the runtime may have failed to load.
    readLogVariables(environment())
    // The log leaves out a line that is equal to an earlier line.
    const hint = effect === switchedOff ? `. ${doctorSentence}` : ''
    const part = effect === switchedOff ? 'GPE_EXPORTER_OFF' : 'GPE_EXPORTER_PART'
    const code = codeOf(error) ?? part
    log.error(`${coded(code, `${effect}: ${messageOf(error)}`)}${hint}`)
    return undefined
  }
}
