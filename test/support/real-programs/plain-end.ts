import { once } from 'node:events'
import { connect } from 'node:net'
import { eventually, freePort, nodeUnderTest, startProgram } from '../programs/app.ts'
import { programLoad, type Target } from './program-load.ts'
import type { ReadyProgram } from './program-place.ts'
import { countHooks, ownLines } from './shutdown-text.ts'

/** What a program does at SIGTERM in plain Node.js, without a master. */
export interface PlainEnd {
  /** How often each text of the row's hooks appears. */
  readonly hooks: readonly number[]
  /** The lines of stderr. */
  readonly stderr: readonly string[]
  readonly tookMs: number
}

/** Requests before the signal. */
const enough = 20

export async function plainEnd(program: ReadyProgram): Promise<PlainEnd> {
  const { row, file, directory } = program
  const port = await freePort()
  const command = [nodeUnderTest, file, ...program.args(port)]
  const { child, stdout, stderr, ended } = startProgram(command, program.env(port), directory)
  try {
    const target = program.target(port)
    await accepts(target)
    const load = programLoad(target, row)
    await eventually(() => {
      if (load.completed() < enough) throw new Error(`${row.program}: ${stdout()} ${stderr()}`)
    }, 60_000)
    await load.stop()
    const start = performance.now()
    child.kill('SIGTERM')
    await ended
    const hooks = countHooks(row, stdout() + stderr())
    return { hooks, stderr: ownLines(row, stderr()), tookMs: performance.now() - start }
  } finally {
    child.kill('SIGKILL')
  }
}

async function accepts({ port, socketPath }: Target): Promise<void> {
  await eventually(async () => {
    const socket = socketPath === undefined ? connect(port, '127.0.0.1') : connect(socketPath)
    await once(socket, 'connect')
    socket.destroy()
  }, 60_000)
}
