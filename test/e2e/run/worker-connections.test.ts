import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { describe, test } from 'node:test'
import { eventually } from '../../support/programs/app.ts'
import { withMaster } from '../../support/programs/master.ts'

interface Client {
  readonly socket: Socket
  /** The pid of the worker that answered; undefined while the connection waits. */
  worker: string | undefined
}

/** A connection that stays open after its first answer. */
async function client(port: number): Promise<Client> {
  const socket = connect(port, '127.0.0.1')
  const made: Client = { socket, worker: undefined }
  socket.on('data', (bytes) => {
    made.worker ??= /x-pid: (\d+)/i.exec(bytes.toString())?.[1]
  })
  // The master ends with open connections.
  socket.on('error', () => {})
  await once(socket, 'connect')
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  return made
}

describe('run --worker-connections', () => {
  test('spreads connections, lets others wait, and serves them later', async (context) => {
    const options = ['-w', '2', '--worker-connections', '2', '--keep-alive', '60']
    await withMaster({ file: 'run/pids.cjs', options }, async (master) => {
      await master.serving(2)
      const clients: Client[] = []
      context.after(() => {
        for (const { socket } of clients) socket.destroy()
      })
      for (let count = 0; count < 7; count += 1) clients.push(await client(master.port))
      const served = (): Client[] => clients.filter(({ worker }) => worker !== undefined)
      await eventually(() => assert.equal(served().length, 4))
      const workers = served().map(({ worker }) => worker)
      const [first] = workers
      assert.equal(workers.filter((worker) => worker === first).length, 2)
      await eventually(() => {
        assert.match(master.stderr(), /has all its connections\. New connections go to other/)
      })
      // No connection has been closed, and a free place goes to a connection that waits.
      for (const each of served().slice(0, 3)) each.socket.destroy()
      await eventually(() => assert.equal(served().length, 7))
    })
  })

  test('leaves a limit of the application', async (context) => {
    const options = ['--worker-connections', '5', '--keep-alive', '60']
    const env = { MAX_CONNECTIONS: '1' }
    await withMaster({ file: 'run/pids.cjs', options, env }, async (master) => {
      await master.serving(1)
      const [one, two] = [await client(master.port), await client(master.port)]
      context.after(() => {
        for (const { socket } of [one, two]) socket.destroy()
      })
      await eventually(() => assert.notEqual(one.worker, two.worker))
      assert.ok(one.worker === undefined || two.worker === undefined)
    })
  })
})
