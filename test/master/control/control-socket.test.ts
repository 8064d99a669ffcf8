import assert from 'node:assert/strict'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createConnection, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { ControlSocket } from '../../../src/master/control/control-socket.ts'
import { encodeFrame, FrameReader } from '../../../src/master/control/frame.ts'
import { withoutCodes } from '../../support/config/sentences.ts'
import { eventually } from '../../support/programs/app.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'

interface Opened {
  readonly socket: ControlSocket
  readonly lines: string[]
}

function controlSocket(path: string, isAsked = true): Opened {
  const lines: string[] = []
  const socket = new ControlSocket({
    path,
    isAsked,
    mode: 0o600,
    log: { write: (level, text) => lines.push(`${level}: ${withoutCodes(text)}`) },
    answer: async ({ id, words }) => ({ id, status: 'ok', data: { words } }),
    onFault: () => {},
  })
  socket.open()
  return { socket, lines }
}

async function told({ lines }: Opened, text: RegExp): Promise<void> {
  await eventually(() =>
    assert.ok(
      lines.some((line) => text.test(line)),
      lines.join('\n'),
    ),
  )
}

async function words(path: string, command: string): Promise<unknown> {
  const client = createConnection(path)
  client.write(encodeFrame({ id: 5, command }))
  return await answerOf(client)
}

async function answerOf(client: Socket): Promise<unknown> {
  const reader = new FrameReader(1_000_000)
  for await (const chunk of client) {
    for (const frame of reader.read(chunk)) {
      return frame.kind === 'frame' ? JSON.parse(String(frame.body)) : frame
    }
  }
  return undefined
}

/** The socket file of a process that was killed. */
async function staleSocket(path: string): Promise<void> {
  const server = createServer()
  server.listen(`${path}.first`)
  await once(server, 'listening')
  renameSync(`${path}.first`, path)
  server.close()
  await once(server, 'close')
}

describe('A control socket', () => {
  test('has its mode and its directory, answers, and leaves no file', async (context) => {
    const path = join(await temporaryDirectory(context), 'new', 'gunicorn.ctl')
    const opened = controlSocket(path)
    await told(opened, /^info: Control socket listening at /)
    assert.equal(lstatSync(path).mode & 0o777, 0o600)
    assert.equal(lstatSync(join(path, '..')).mode & 0o777, 0o700)
    assert.deepEqual(await words(path, 'show all'), {
      id: 5,
      status: 'ok',
      data: { words: ['show', 'all'] },
    })
    opened.socket.close()
    assert.deepEqual(readdirSync(join(path, '..')), [])
  })

  test('leaves a path with a live process alone, in one line', async (context) => {
    const path = join(await temporaryDirectory(context), 'gunicorn.ctl')
    const first = controlSocket(path)
    await told(first, /listening at/)
    const second = controlSocket(path)
    await told(second, /^warning: .*another process listens there\. The master goes on without/)
    const third = controlSocket(path, false)
    await told(third, /^info: .*another process listens there/)
    second.socket.close()
    third.socket.close()
    assert.equal(JSON.stringify(await words(path, 'help')).includes('help'), true)
    first.socket.close()
    assert.equal(existsSync(path), false)
  })

  test('takes the path of a process that was killed', async (context) => {
    const path = join(await temporaryDirectory(context), 'gunicorn.ctl')
    await staleSocket(path)
    const opened = controlSocket(path)
    await told(opened, /listening at/)
    assert.deepEqual(readdirSync(join(path, '..')), ['gunicorn.ctl'])
    opened.socket.close()
  })

  test('never replaces a file of another kind or a link', async (context) => {
    const directory = await temporaryDirectory(context)
    const [file, link] = [join(directory, 'file'), join(directory, 'link')]
    writeFileSync(file, 'content')
    symlinkSync(file, link)
    for (const path of [file, link]) {
      await told(controlSocket(path), /a file of another kind is there/)
    }
    assert.equal(readFileSync(file, 'utf8'), 'content')
    assert.equal(lstatSync(link).isSymbolicLink(), true)
  })

  test('tells a path that is too long, and a directory without rights', async (context) => {
    const directory = await temporaryDirectory(context)
    await told(controlSocket(join(directory, 'x'.repeat(100))), /the path needs \d+ bytes; .* 107/)
    await told(controlSocket('/proc/none/gunicorn.ctl'), /ENOENT|EACCES|EPERM/)
    chmodSync(directory, 0o700)
    assert.deepEqual(readdirSync(directory), [])
  })

  test('steps aside for a successor, and back after its end', async (context) => {
    const path = join(await temporaryDirectory(context), 'gunicorn.ctl')
    const old = controlSocket(path)
    await told(old, /listening at/)
    old.socket.stepAside()
    const successor = controlSocket(path)
    await told(successor, /listening at/)
    assert.deepEqual(readdirSync(join(path, '..')).sort(), ['gunicorn.ctl', 'gunicorn.ctl.oldbin'])
    assert.ok(await words(`${path}.oldbin`, 'help'))
    successor.socket.close()
    old.socket.stepBack()
    await eventually(() => assert.deepEqual(readdirSync(join(path, '..')), ['gunicorn.ctl']))
    assert.ok(await words(path, 'help'))
    old.socket.close()
    assert.deepEqual(readdirSync(join(path, '..')), [])
  })

  test('takes the path back from a successor that was killed', async (context) => {
    const path = join(await temporaryDirectory(context), 'gunicorn.ctl')
    const old = controlSocket(path)
    await told(old, /listening at/)
    old.socket.stepAside()
    await staleSocket(path)
    old.socket.stepBack()
    await eventually(() => assert.deepEqual(readdirSync(join(path, '..')), ['gunicorn.ctl']))
    assert.ok(await words(path, 'help'))
    old.socket.close()
  })

  test('removes no file that has taken its place', async (context) => {
    const path = join(await temporaryDirectory(context), 'gunicorn.ctl')
    const old = controlSocket(path)
    await told(old, /listening at/)
    old.socket.stepAside()
    const successor = controlSocket(path)
    await told(successor, /listening at/)
    old.socket.close()
    assert.ok(await words(path, 'help'))
    successor.socket.close()
  })
})
