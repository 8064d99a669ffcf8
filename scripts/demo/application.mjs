import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { DemoError } from './demo-error.mjs'

const program = fileURLToPath(new URL('./cluster.mjs', import.meta.url))
const patienceMs = 2_000

/** Starts the example application under the preload. The application always ends with the demo. */
export function startApplication({ preload, env }) {
  const child = spawn(process.execPath, ['--require', preload, program], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
    // The application has a process group of its own. The demo passes Ctrl-C on, and no worker
    // stays.
    detached: true,
  })
  child.stderr.pipe(process.stderr)
  // 'close' comes when the last worker has closed stderr.
  const closed = once(child, 'close')
  const killAll = () => signalGroup(child, 'SIGKILL')
  process.on('exit', killAll)
  return {
    /** Rejects when the application ends by itself. */
    failed: closed.then(([code, signal]) => {
      throw new DemoError(`The application ended by itself: ${signal ?? `exit code ${code}`}.`)
    }),
    /** Asks the primary to replace one worker after another. */
    reload() {
      child.kill('SIGHUP')
    },
    async stop() {
      signalGroup(child, 'SIGTERM')
      // A worker that is stopped by SIGSTOP does not receive SIGTERM.
      const isClosed = await Promise.race([closed, sleep(patienceMs, false, { ref: false })])
      if (!isClosed) killAll()
      await closed
      process.off('exit', killAll)
    },
  }
}

function signalGroup(child, signal) {
  try {
    process.kill(-child.pid, signal)
  } catch {
    // The group does not exist: every process has ended, or the system has no process groups.
    child.kill(signal)
  }
}
