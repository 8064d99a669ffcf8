import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { agentVariable } from '../../../src/master/agent/message.ts'

const root = join(import.meta.dirname, '../../..')
const agent = pathToFileURL(join(root, 'src/master/agent/agent.ts')).href
const program = join(root, 'test/fixtures/master/signal-listeners.cjs')
const settings = JSON.stringify({ beatMs: 0, keepAliveMs: 1, gracefulMs: 0, requests: 0 })

/** The number of listeners for SIGTERM, and whether the environment still has the settings. */
async function foundIn(variables: Readonly<Record<string, string>>): Promise<unknown> {
  const env = { ...process.env, ...variables }
  const child = fork(program, { env, execArgv: [`--import=${agent}`] })
  const [{ found }] = await once(child, 'message')
  return found
}

describe('The agent', { concurrency: true }, () => {
  test('starts in a worker of a cluster, and hides its settings from child processes', async () => {
    const variables = { NODE_UNIQUE_ID: '1', [agentVariable]: settings }
    assert.deepEqual(await foundIn(variables), [1, false])
  })

  test('does not start in a worker of another cluster', async () => {
    assert.deepEqual(await foundIn({ NODE_UNIQUE_ID: '1' }), [0, false])
  })

  test('does not start in a process that is no worker', async () => {
    assert.deepEqual(await foundIn({ [agentVariable]: settings }), [0, false])
  })

  test('does not start in a thread', async () => {
    const env = { ...process.env, NODE_UNIQUE_ID: '1', [agentVariable]: settings }
    const thread = new Worker(program, { env, execArgv: [`--import=${agent}`] })
    const [found] = await once(thread, 'message')
    assert.deepEqual(found, [0, false])
  })
})
