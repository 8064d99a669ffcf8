import { execFileSync } from 'node:child_process'
import { lstatSync, unlinkSync } from 'node:fs'
import { socketLimits } from '../../limits/master.ts'

/**
 * Removes the file of a unix socket on which no process listens: a killed process leaves the file
 * behind. A connection decides, because a process in another container can listen. A file of
 * another kind stays.
 */
export function removeStaleSocket(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (!found?.isSocket() || !isRefused(path)) return
  try {
    // Another process may have replaced the file since.
    if (lstatSync(path).ino === found.ino) unlinkSync(path)
  } catch {
    // The caller gets the error of `listen()`.
  }
}

/** The exit code of the probe for a refused connection. */
const refusedCode = 3

/**
 * Node.js connects without waiting, and `cluster` fails when a worker ends while a socket opens.
 * Therefore, another process connects, and this process waits.
 */
const probe = `require('node:net').connect(process.argv[1])
  .on('connect', () => process.exit(0))
  .on('error', ({ code }) => process.exit(code === 'ECONNREFUSED' ? ${refusedCode} : 0))`

function isRefused(path: string): boolean {
  try {
    execFileSync(process.execPath, ['--eval', probe, path], {
      stdio: 'ignore',
      env: {},
      timeout: socketLimits.probeMs,
      killSignal: 'SIGKILL',
    })
    return false
  } catch (error) {
    return (error as { readonly status?: unknown }).status === refusedCode
  }
}
