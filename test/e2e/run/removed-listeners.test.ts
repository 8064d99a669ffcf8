import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { constants } from 'node:os'
import { describe, test } from 'node:test'
import { eventually } from '../../support/programs/app.ts'
import { type Master, withMaster } from '../../support/programs/master.ts'
import { gone, workers } from '../../support/programs/shutdown-app.ts'
import { sum } from '../../support/prometheus/page.ts'

/*
 * The agent of `run` needs listeners, functions of `process` and global properties. An application
 * can take the first two, and can freeze the global object.
 */

const options = ['-w', String(workers), '--graceful-timeout', '300']
const file = 'run/without-listeners.cjs'
const removals = [
  ...['names', 'all', 'inherited names', 'inherited all', 'one by one', 'and brings back'],
  ...['worker', 'channel', 'send', 'exit', 'global object'],
]

describe('A worker of run whose application takes parts of process', { concurrency: 3 }, () => {
  for (const REMOVAL of removals) {
    test(`fails no request, is counted and ends soon at each signal (${REMOVAL})`, async () => {
      await withMaster({ file, options, env: { REMOVAL } }, async (master) => {
        const acts = [
          (pid: number) => void process.kill(pid, 'SIGTERM'),
          () => master.signal('SIGHUP'),
          (pid: number) => {
            master.signal('SIGTERM')
            process.kill(pid, 'SIGTERM')
          },
        ]
        await actsOn(master, acts)
        assert.deepEqual(await master.ended, { code: 0, signal: null })
        assert.doesNotMatch(master.stderr(), /\[(?:WARNING|CRITICAL)\]|timeout/)
        // Without the channel, the master does not know who has ended the worker.
        const errors = REMOVAL === 'channel' ? 1 : 0
        assert.equal(master.stderr().split('[ERROR]').length - 1, errors, master.stderr())
      })
    })
  }
})

/** Removes listeners of a worker, and acts on the worker while the worker has an open request. */
async function actsOn(master: Master, acts: readonly ((pid: number) => void)[]): Promise<void> {
  let sent = 0
  for (const [index, act] of acts.entries()) {
    const [pid = 0] = await master.serving(workers)
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    for (let found = 0; found !== pid; sent += 1) {
      // A new connection goes to the next worker.
      if (found !== 0) agent.destroy()
      found = await send(master, agent, '/')
    }
    assert.equal(await send(master, agent, '/remove'), pid)
    await eventually(() => assert.ok(catchesSigterm(pid)))
    const slow = send(master, agent, '/slow')
    await eventually(() => assert.equal(countOf(master.stdout(), 'slow'), index + 1))
    act(pid)
    assert.equal(await slow, pid)
    sent += 2
    await gone(master, [pid])
    if (index === acts.length - 1) return
    await eventually(async () => {
      assert.equal(sum(await master.page(), 'gunicorn_worker_requests_total'), sent)
    })
  }
}

/** Some removals leave no trace that the agent gets at once. */
function catchesSigterm(pid: number): boolean {
  if (process.platform !== 'linux') return true
  const [, caught = '0'] = /SigCgt:\t(\w+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return ((BigInt(`0x${caught}`) >> BigInt(constants.signals.SIGTERM - 1)) & 1n) === 1n
}

async function send({ port }: Master, agent: Agent, path: string): Promise<number> {
  const message = request({ host: '127.0.0.1', port, path, agent })
  message.end()
  const [response] = await once(message, 'response')
  let body = ''
  for await (const data of response) body += String(data)
  return Number(body)
}

function countOf(text: string, word: string): number {
  return text.split('\n').filter((line) => line === word).length
}
