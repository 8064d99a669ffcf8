import { once } from 'node:events'
import { createConnection, type Socket } from 'node:net'
import { join } from 'node:path'
import { encodeFrame, FrameReader } from '../../../src/master/control/frame.ts'
import type { ControlResponse } from '../../../src/master/control/message.ts'
import { eventually } from '../programs/app.ts'
import type { Belongings } from '../programs/belongings.ts'
import { type Master, type MasterOptions, startMaster } from '../programs/master.ts'
import { temporaryDirectory } from '../programs/temporary-directory.ts'

/** A master with a control socket in a directory of its own. */
export interface ControlledMaster extends Master {
  readonly directory: string
  readonly socket: string
}

/** Starts a master with a control socket. The master ends with the test. */
export async function controlledMaster(
  context: Belongings,
  { options = [], env = {}, ...others }: MasterOptions = {},
): Promise<ControlledMaster> {
  const directory = await temporaryDirectory(context)
  const socket = join(directory, 'gunicorn.ctl')
  const master = await startMaster({
    ...others,
    options: ['--control-socket', socket, ...options],
    env: { GUNICORN_CONTROL_SOCKET_DISABLE: '', ...env },
  })
  context.after(() => master.stop())
  await eventually(() => {
    if (!master.stderr().includes('Control socket')) throw new Error(master.stderr())
  })
  return { ...master, directory, socket }
}

/** Sends one command, and returns the answer. */
export async function ask(path: string, command: string): Promise<ControlResponse> {
  const client = createConnection(path)
  client.write(encodeFrame({ id: 1, command, args: [] }))
  try {
    return (await answerOf(client)) as ControlResponse
  } finally {
    client.destroy()
  }
}

/** The data of the answer to a command. */
export async function dataOf(path: string, command: string): Promise<Record<string, unknown>> {
  const answer = await ask(path, command)
  if (answer.status === 'error') throw new Error(answer.error)
  return { ...answer.data }
}

/** The next answer on a connection; undefined at its end. */
export async function answerOf(client: Socket): Promise<unknown> {
  const reader = new FrameReader(16_777_216)
  for (;;) {
    const chunk = await Promise.race([
      once(client, 'data').then(([data]) => data as Buffer),
      once(client, 'close').then(() => undefined),
    ])
    if (chunk === undefined) return undefined
    for (const frame of reader.read(chunk)) {
      return frame.kind === 'frame' ? JSON.parse(String(frame.body)) : frame
    }
  }
}

/** The pids of the workers that serve, by the control socket. */
export async function servingPids(path: string, count: number): Promise<readonly number[]> {
  return await eventually(async () => {
    const { workers } = (await dataOf(path, 'show workers')) as {
      workers: { pid: number; state: string }[]
    }
    const pids = workers.filter(({ state }) => state === 'serving').map(({ pid }) => pid)
    if (pids.length !== count) throw new Error(JSON.stringify(workers))
    return pids
  }, 60_000)
}
