import { resolve } from 'node:path'
import { environment } from '../../config/environment.ts'
import { defaultControlPath } from '../../master/control/default-path.ts'
import { withCode } from '../../model/errors/coded-error.ts'
import { coded } from '../../model/errors/coded-text.ts'
import { printable } from '../../model/text/printable.ts'
import { messageOf } from '../../support/error-message.ts'
import { print, printError } from '../line/output.ts'
import { refuse } from '../line/refusal.ts'
import { CtlClient, CtlFailure } from './ctl-client.ts'
import { parseCtl } from './ctl-options.ts'
import { interact } from './interactive.ts'
import { textOf } from './tables.ts'

/** Exit code for a command without success. */
const failed = 1

/** Runs the command `ctl`. */
export async function ctl(argv: readonly string[]): Promise<void> {
  const request = parseCtl(argv)
  if (request.kind === 'print') print(request.text)
  else if (request.kind === 'misuse') refuse(request.faults, { help: request.help })
  else {
    const named = request.socket ?? defaultControlPath(environment()['XDG_RUNTIME_DIR'])
    if (named === undefined) {
      fail(coded('GPE_CONTROL_UNREACHABLE', homeless))
      return
    }
    const path = resolve(named)
    const { command, isJson } = request
    const run = (client: CtlClient, text: string): Promise<void> => answer(client, text, isJson)
    try {
      if (command === undefined) await interact({ path, run })
      else await once(path, (client) => run(client, command))
    } catch (error) {
      failBy(error)
    }
  }
}

async function once(path: string, run: (client: CtlClient) => Promise<void>): Promise<void> {
  const client = await CtlClient.connect(path)
  try {
    await run(client)
  } finally {
    client.close()
  }
}

async function answer(client: CtlClient, command: string, isJson: boolean): Promise<void> {
  try {
    const data = await client.send(command)
    // gunicorn's answer to a pid that is no worker.
    const hasFailed = data['success'] === false
    if (hasFailed) process.exitCode = failed
    if (isJson) print(`${printable(JSON.stringify(data, undefined, 2))}\n`)
    else if (hasFailed) fail(withCode('GPE_CONTROL_COMMAND', String(data['error'])))
    else print(`${printable(textOf(command, data))}\n`)
  } catch (error) {
    failBy(error)
  }
}

function failBy(error: unknown): void {
  if (error instanceof CtlFailure) fail(error.text)
  // A fault of this program: the stack helps to mend the fault.
  else fail(error instanceof Error && error.stack ? error.stack : messageOf(error))
}

function fail(text: string): void {
  printError(`Error: ${printable(text)}`)
  process.exitCode = failed
}

const homeless =
  'The user has no home directory: give the path of the control socket with --socket.'
