import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Belongings } from './belongings.ts'
import { temporaryDirectory } from './temporary-directory.ts'

export interface NotifyReceiver {
  /** The value of NOTIFY_SOCKET. */
  readonly socket: string
  /** The lines of all messages so far, in order. */
  readonly lines: () => readonly string[]
  /** The same, without texts of the status and signs of life. */
  readonly states: () => readonly string[]
}

/** A socket in place of systemd's, which reads the messages of `systemd-notify`. */
export async function startNotifyReceiver(
  context: Pick<Belongings, 'after'>,
  form: 'path' | 'abstract' = 'path',
): Promise<NotifyReceiver> {
  const directory = await temporaryDirectory(context)
  const socket = form === 'path' ? join(directory, 'notify') : `@${directory}`
  const program = join(import.meta.dirname, 'notify-receiver.py')
  const child = spawn('python3', [program, socket], { stdio: ['ignore', 'pipe', 'inherit'] })
  context.after(() => void child.kill('SIGKILL'))
  const printed = createInterface(child.stdout)
  await once(printed, 'line')
  const all: string[] = []
  printed.on('line', (line) => {
    const { lines } = JSON.parse(line) as { readonly lines: readonly string[] }
    all.push(...lines)
  })
  return {
    socket,
    lines: () => all,
    states: () => all.filter((line) => !/^(?:STATUS|WATCHDOG)=/.test(line)),
  }
}
