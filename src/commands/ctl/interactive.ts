import { closeSync, constants, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import { ctlLimits } from '../../limits/tools/control.ts'
import { homeDirectory } from '../../master/control/default-path.ts'
import { isNaturalNumber, isRecord } from '../../support/guards.ts'
import { print } from '../line/output.ts'
import { completeLine } from './completion.ts'
import { CtlClient } from './ctl-client.ts'

export interface InteractiveOptions {
  readonly path: string
  /** Sends a command, and prints the answer or the failure. */
  readonly run: (client: CtlClient, command: string) => Promise<void>
}

/** Asks for commands until `quit` or the end of stdin. @throws CtlFailure without a connection. */
export async function interact({ path, run }: InteractiveOptions): Promise<void> {
  let client = await CtlClient.connect(path)
  const isPerson = process.stdin.isTTY === true
  const home = isPerson ? homeDirectory() : undefined
  const file = home === undefined ? undefined : join(home, '.gunicorn_ctl_history')
  const reader = createInterface({
    input: process.stdin,
    output: isPerson ? process.stdout : undefined,
    history: historyIn(file),
    historySize: ctlLimits.history,
    removeHistoryDuplicates: true,
    completer: (line: string, done: (error: null, found: [string[], string]) => void) =>
      void complete(path, line).then((found) => done(null, found)),
  })
  reader.on('history', (lines: string[]) => keepHistory(file, lines))
  if (isPerson) print(`Connected to ${path}\n${introduction}`)
  try {
    for await (const command of commandsOf(reader, isPerson)) {
      // The master closes an idle connection, and a new master can have the path.
      if (client.isClosed) client = await CtlClient.connect(path)
      await run(client, command)
    }
  } finally {
    client.close()
    reader.close()
  }
}

const introduction = 'The command help lists all commands. TAB completes, and quit ends.\n\n'

async function* commandsOf(reader: Interface, isPerson: boolean): AsyncGenerator<string> {
  let isOpen = true
  reader.once('close', () => {
    isOpen = false
  })
  reader.setPrompt('gunicorn> ')
  // The last lines of a pipe come after its end.
  const prompt = (): void => {
    if (isPerson && isOpen) reader.prompt()
  }
  prompt()
  for await (const line of reader) {
    const command = line.trim()
    if (['quit', 'exit', 'q'].includes(command.toLowerCase())) return
    if (command !== '') yield command
    prompt()
  }
}

/** A connection of its own: a command can be running. */
async function complete(path: string, line: string): Promise<[string[], string]> {
  let client: CtlClient | undefined
  try {
    client = await CtlClient.connect(path)
    const { commands } = await client.send('help')
    const { workers } = await client.send('show workers')
    const rows: readonly unknown[] = Array.isArray(workers) ? workers : []
    const pids = rows.map((row) => (isRecord(row) ? row['pid'] : undefined)).filter(isNaturalNumber)
    return completeLine(line, { commands: Object.keys(isRecord(commands) ? commands : {}), pids })
  } catch {
    return [[], line]
  } finally {
    client?.close()
  }
}

/** The newest command first. */
function historyIn(file: string | undefined): string[] {
  try {
    if (file === undefined) return []
    return readFileSync(file, 'utf8').split('\n').filter(Boolean).slice(0, ctlLimits.history)
  } catch {
    return []
  }
}

function keepHistory(file: string | undefined, lines: readonly string[]): void {
  if (file === undefined) return
  const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants
  try {
    const opened = openSync(file, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o600)
    try {
      writeFileSync(opened, `${lines.join('\n')}\n`)
    } finally {
      closeSync(opened)
    }
  } catch {
    // The home directory can be read-only.
  }
}
