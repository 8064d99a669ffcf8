import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { environment } from '../../config/environment.ts'
import { systemdLimits } from '../../limits/master.ts'
import { messageOf } from '../../support/error-message.ts'

/** Called with the reason of a failure. */
type Done = (fault: string | undefined) => void

/** Sends one message to systemd. Calls back once, also after a failure. */
export type SendMessage = (lines: readonly string[], done: Done) => void

/** Directories of `systemd-notify` where the PATH of a service is short. The last is of NixOS. */
const directories = ['/usr/bin', '/bin', '/run/current-system/sw/bin']

/** Finds `systemd-notify`: Node.js has no datagram sockets in the file system. */
export function findNotifyProgram(): string | undefined {
  const path = (environment()['PATH'] ?? '').split(delimiter).filter((each) => each !== '')
  return [...path, ...directories].map((each) => join(each, 'systemd-notify')).find(isExecutable)
}

/** @param program the path of `systemd-notify`. */
export function notifyBy(program: string, socket: string): SendMessage {
  return (lines, done) => {
    try {
      run(program, { socket, lines }, done)
    } catch (error) {
      done(messageOf(error))
    }
  }
}

interface Message {
  readonly socket: string
  readonly lines: readonly string[]
}

function run(program: string, { socket, lines }: Message, done: Done): void {
  const child = spawn(program, [...lines], {
    env: { NOTIFY_SOCKET: socket },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const timer = setTimeout(() => child.kill('SIGKILL'), systemdLimits.programMs)
  const end = (fault: string | undefined): void => {
    clearTimeout(timer)
    done(fault)
  }
  child.once('error', ({ message }) => {
    if (child.pid === undefined) end(message)
  })
  let text = ''
  // Without a free descriptor, Node.js creates no stream.
  child.stderr?.on('data', (data) => {
    text = `${text}${data}`.slice(0, systemdLimits.statusChars)
  })
  child.once('close', (code, signal) => {
    if (child.pid === undefined) return
    end(code === 0 ? undefined : text.trim() || `systemd-notify ended with ${signal ?? code}`)
  })
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
