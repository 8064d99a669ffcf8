import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, lstatSync, writeFileSync } from 'node:fs'
import { get, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { endGroup, eventually } from '../../support/programs/app.ts'
import { type Master, startMaster } from '../../support/programs/master.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'

const source = `require('node:http')
  .createServer((_, response) => response.end(String(process.pid)))
  .listen(process.env.SOCKET_PATH)`

async function socketPath(context: TestContext): Promise<string> {
  return join(await temporaryDirectory(context), 'socket')
}

/** A master of two workers on a unix socket, until the end of the test. */
async function masterAt(context: TestContext, path: string): Promise<Master> {
  const file = join(await temporaryDirectory(context), 'app.cjs')
  writeFileSync(file, source)
  const master = await startMaster({ file, options: ['-w', '2'], env: { SOCKET_PATH: path } })
  context.after(() => master.stop())
  return master
}

async function answerOf(path: string): Promise<number> {
  const request = get({ socketPath: path, agent: false })
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  return Number((await response.toArray()).join(''))
}

test('A master starts although a killed master has left its unix socket', async (context) => {
  const path = await socketPath(context)
  const killed = await masterAt(context, path)
  await eventually(() => answerOf(path))
  const { ino } = lstatSync(path)
  endGroup(killed.child)
  await killed.ended
  await eventually(() => assert.rejects(answerOf(path), { code: 'ECONNREFUSED' }))
  assert.equal(lstatSync(path).ino, ino)
  const master = await masterAt(context, path)
  const pid = await eventually(() => answerOf(path))
  assert.ok(master.workers().includes(pid))
  master.signal('SIGTERM')
  await master.ended
  assert.equal(existsSync(path), false)
})

test('A master does not take the unix socket of a master that lives', async (context) => {
  const path = await socketPath(context)
  const living = await masterAt(context, path)
  await living.serving(2)
  const second = await masterAt(context, path)
  assert.deepEqual(await second.ended, { code: 3, signal: null })
  assert.match(second.stderr(), /EADDRINUSE/)
  assert.ok(living.workers().includes(await answerOf(path)))
})

test('A master does not remove a file that is not a socket', async (context) => {
  const path = await socketPath(context)
  writeFileSync(path, 'a file')
  const master = await masterAt(context, path)
  assert.deepEqual(await master.ended, { code: 3, signal: null })
  assert.match(master.stderr(), /EADDRINUSE/)
  assert.equal(lstatSync(path).isFile(), true)
})

test('A worker that still boots at TERM leaves no unix socket behind', async (context) => {
  const path = await socketPath(context)
  const file = join(await temporaryDirectory(context), 'app.cjs')
  const blocked = `console.log('boots'); const end = Date.now() + 3000; while (Date.now() < end);`
  writeFileSync(file, `${blocked}\n${source}`)
  const master = await startMaster({ file, options: ['-w', '2'], env: { SOCKET_PATH: path } })
  context.after(() => master.stop())
  await eventually(() => assert.equal(master.stdout().match(/^boots/gm)?.length, 2), 30_000)
  master.signal('SIGTERM')
  assert.deepEqual(await master.ended, { code: 0, signal: null })
  assert.equal(existsSync(path), false)
  assert.doesNotMatch(master.stderr(), /Listening at/)
})
