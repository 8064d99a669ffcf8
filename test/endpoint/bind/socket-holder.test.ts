import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer, type ListenOptions } from 'node:net'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import type { Address } from '../../../src/endpoint/bind/address.ts'
import { findHolder, type HolderLimits } from '../../../src/endpoint/bind/socket-holder.ts'
import { endpointLimits } from '../../../src/limits/endpoint.ts'
import { eventually, freePort, nodeUnderTest } from '../../support/programs/app.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'

const skip = existsSync('/proc/self/net/tcp') ? false : 'the system has no /proc'

/** A process that listens. @returns its pid. */
async function listenElsewhere(context: TestContext, options: ListenOptions): Promise<number> {
  const program = `
    const server = require('node:net').createServer()
    server.listen(${JSON.stringify(options)}, () => console.log('ready'))`
  const child = spawn(nodeUnderTest, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
  context.after(() => child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  return child.pid ?? 0
}

const at = (host: string, port: number): Address => ({ kind: 'tcp', host, port })

describe('findHolder finds', { skip }, () => {
  const rows: readonly (readonly [their: string, ours: string])[] = [
    ['127.0.0.1', '127.0.0.1'],
    ['127.0.0.1', '0.0.0.0'],
    ['0.0.0.0', '127.0.0.1'],
    ['::', '127.0.0.1'],
    ['::', '0.0.0.0'],
    ['127.0.0.1', 'localhost'],
  ]
  for (const [their, ours] of rows) {
    test(`the process at ${their} for ${ours}, with pid and name`, async (context) => {
      const port = await freePort()
      const pid = await listenElsewhere(context, { host: their, port })
      assert.deepEqual(findHolder(at(ours, port)), { pid, name: 'node' })
    })
  }

  test('this process', async (context) => {
    const server = createServer().listen(0, '127.0.0.1')
    context.after(() => server.close())
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    assert.equal(findHolder(at('127.0.0.1', port))?.pid, process.pid)
  })

  test('the process of a unix socket, whose path can contain spaces', async (context) => {
    const path = join(await temporaryDirectory(context), 'a socket')
    const pid = await listenElsewhere(context, { path })
    // On a busy machine, a search can end by its time limit.
    await eventually(() => {
      assert.deepEqual(findHolder({ kind: 'unix', path }), { pid, name: 'node' })
    })
  })
})

describe('findHolder finds no process', { skip }, () => {
  test('for a free port, a free path, and a port at another address', async (context) => {
    const port = await freePort()
    assert.equal(findHolder(at('127.0.0.1', port)), undefined)
    assert.equal(findHolder({ kind: 'unix', path: '/none' }), undefined)
    await listenElsewhere(context, { host: '127.0.0.2', port })
    assert.equal(findHolder(at('127.0.0.1', port)), undefined)
  })

  const limits: readonly (keyof HolderLimits)[] = [
    'holderTableBytes',
    'holderProcesses',
    'holderDescriptors',
    'holderMs',
  ]
  for (const name of limits) {
    test(`beyond the limit ${name}`, async (context) => {
      const port = await freePort()
      await listenElsewhere(context, { host: '127.0.0.1', port })
      assert.equal(findHolder(at('127.0.0.1', port), { ...endpointLimits, [name]: 0 }), undefined)
    })
  }
})
