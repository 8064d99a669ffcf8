import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'

const answerWithinMs = 60_000

/**
 * A program in a process of its own that answers questions over IPC. answer.mjs is the other side.
 * The environment of the program contains `env` only, so no setting of this shell is measured.
 */
export async function startSubject(file, { node, args = [], nodeArgs = [], env = {} }) {
  const child = fork(fileURLToPath(new URL(`../${file}`, import.meta.url)), args, {
    execPath: node,
    execArgv: nodeArgs,
    env,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  const waiting = new Map()
  let asked = 0
  let stderr = ''
  child.stderr.on('data', (data) => {
    stderr = (stderr + data).slice(-4_000)
  })
  const up = deferred()
  child.on('message', ({ up: isUp, id, reply, error }) => {
    if (isUp) up.resolve()
    const { resolve, reject } = waiting.get(id) ?? {}
    waiting.delete(id)
    if (error === undefined) resolve?.(reply)
    else reject?.(new Error(`${file} ${args.join(' ')}: ${error}`))
  })
  child.on('exit', () => {
    const error = new Error(`${file} ${args.join(' ')} ended: ${stderr}`)
    up.reject(error)
    for (const { reject } of waiting.values()) reject(error)
  })

  function ask(question, argument) {
    const answered = deferred()
    const id = asked
    asked += 1
    waiting.set(id, answered)
    child.send({ id, question, argument }, (error) => error && answered.reject(error))
    return within(answered, `no answer to '${question}'`)
  }

  function within({ promise, reject }, complaint) {
    const fail = () => reject(new Error(`${file} ${args.join(' ')}: ${complaint}: ${stderr}`))
    const timer = setTimeout(fail, answerWithinMs)
    return promise.finally(() => clearTimeout(timer))
  }

  async function stop() {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }

  const stderrText = () => stderr
  try {
    await within(up, 'did not start')
    return { ask, stop, stderrText, ready: await ask('ready') }
  } catch (error) {
    await stop()
    throw error
  }
}

export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

/** `Promise.withResolvers`, which Node 20 lacks. */
function deferred() {
  let settle
  const promise = new Promise((resolve, reject) => {
    settle = { resolve, reject }
  })
  return { promise, ...settle }
}
