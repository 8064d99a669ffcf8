import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { DemoError } from './demo-error.mjs'

const program = fileURLToPath(new URL('../../examples/cluster.mjs', import.meta.url))
const patienceMs = 2_000

/** Starts the example application under the preload. Whatever happens, it ends with the demo. */
export function startApplication({ preload, env }) {
  const child = spawn(process.execPath, ['--require', preload, program], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
    // In a process group of its own: Ctrl-C reaches it through us, and no worker is left behind.
    detached: true,
  })
  child.stderr.pipe(process.stderr)
  // 'close' comes when the last worker has let go of stderr.
  const closed = once(child, 'close')
  const killAll = () => signalGroup(child, 'SIGKILL')
  process.on('exit', killAll)
  return {
    /** Rejects when the application ends by itself. */
    failed: closed.then(([code, signal]) => {
      throw new DemoError(`The application ended by itself: ${signal ?? `exit code ${code}`}.`)
    }),
    async stop() {
      signalGroup(child, 'SIGTERM')
      // A worker that was stopped with SIGSTOP does not hear SIGTERM.
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
    // No such group: everything has ended, or the system knows no groups.
    child.kill(signal)
  }
}
