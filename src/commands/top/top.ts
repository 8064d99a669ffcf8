import { environment } from '../../config/environment.ts'
import { coded } from '../../model/errors/coded-text.ts'
import { printableLine } from '../../model/text/printable.ts'
import { errorCodeOf } from '../../support/error-code.ts'
import { messageOf } from '../../support/error-message.ts'
import { endProcess } from '../line/end-process.ts'
import { print, printError } from '../line/output.ts'
import { refuse } from '../line/refusal.ts'
import { printPlain } from './plain.ts'
import { Session } from './session.ts'
import { Source } from './source/source.ts'
import { TopFailure } from './source/top-failure.ts'
import { abilityOf, plainWidth } from './terminal/ability.ts'
import { parseTop, type TopSettings } from './top-options.ts'

/** Exit code where the exporter gave no figures, or where nobody got the figures. */
const noFigures = 1

/** `gunicorn-prometheus-exporter top`: loaded on demand, from a bundle of its own. */
export function top(argv: readonly string[]): void {
  const request = parseTop(argv, environment())
  if (request.kind === 'print') print(request.text)
  else if (request.kind === 'faults') refuse(request.faults)
  else {
    for (const warning of request.warnings) tell(`Warning: ${warning}`)
    void show(request.settings).catch(fail)
  }
}

async function show({ place, state, output, count }: TopSettings): Promise<void> {
  const { stdin, stdout } = process
  const source = new Source(place)
  const { shown: shownTarget } = place.target
  const variables = environment()
  const isScreen =
    output === 'screen' && stdin.isTTY && stdout.isTTY && variables['TERM'] !== 'dumb'
  const ability = abilityOf(variables)
  try {
    if (isScreen) {
      const first = await source.read(null)
      const options = { source, first, state, shownTarget, ability, input: stdin, output: stdout }
      await new Session(options).run()
      return
    }
    await printPlain({
      ...{ source, state, shownTarget, ability, write: writer() },
      output: output === 'json' ? 'json' : 'text',
      count: output === 'screen' ? 1 : count,
      width: plainWidth(stdout.columns, variables),
    })
  } finally {
    source.close()
  }
}

/** Writes to stdout. Without a reader, as behind `head`, the program ends in silence. */
function writer(): (text: string) => boolean {
  let isRead = true
  process.stdout.on('error', (error) => {
    isRead = false
    if (errorCodeOf(error) === 'EPIPE') return endProcess(0)
    tell(coded('GPE_OUTPUT_FAILED', `The output cannot be written: ${messageOf(error)}`))
    endProcess(noFigures)
  })
  return (text) => {
    if (isRead) process.stdout.write(text)
    return isRead
  }
}

function fail(error: unknown): void {
  process.exitCode = noFigures
  // Another error is a fault of this program: the stack helps to mend the fault.
  const stack = error instanceof Error && !(error instanceof TopFailure) ? error.stack : undefined
  tell(stack ?? coded('GPE_TOP_NO_FIGURES', messageOf(error)))
}

function tell(text: string): void {
  printError(`gunicorn-prometheus-exporter: ${text.split('\n').map(printableLine).join('\n')}`)
}
