import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { eventually } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import type { Master } from '../../support/programs/master.ts'
import { endOf, haveListened, startUpgradable, upgrade } from '../../support/programs/upgrade.ts'
import { sum } from '../../support/prometheus/page.ts'

/* Any local user can connect to the port where an old master waits for the new master. */

const requests = 40
const connections = 260

/** What strangers do with a connection, by its number. Most send nothing. */
function meet(socket: Socket, count: number): void {
  if (count % 10 === 0) socket.destroy()
  if (count % 10 === 1) socket.write(`${'A'.repeat(200)}\n`)
}

const skip = process.platform !== 'linux' && 'needs /proc/net/tcp'

test('An upgrade keeps all totals while other processes flood its port', {
  skip,
}, async (context) => {
  const upgradable = await startUpgradable(context)
  const { master } = upgradable
  await haveListened(master, 4)
  for (let count = 0; count < requests; count += 1) await get(master.port, '/')
  await eventually(async () => assert.equal(await counted(master), requests))
  const old = master.child.pid ?? 0
  const met = meetStrangers(context)
  const next = await upgrade(upgradable)
  await haveListened(master, 8)
  await eventually(() => assert.ok(met() > connections))
  process.kill(old, 'SIGTERM')
  await endOf(old)
  await get(master.port, '/')
  await eventually(async () => assert.equal(await counted(master), requests + 1))
  assert.doesNotMatch(master.stderr(), /no metrics/)
  process.kill(next, 'SIGTERM')
  await endOf(next)
})

async function counted(master: Master): Promise<number> {
  return sum(await master.page(), 'gunicorn_worker_requests_total')
}

/**
 * Finds each new port on the loopback interface, and keeps connections to the port.
 * @returns the number of connections so far.
 */
function meetStrangers(context: TestContext): () => number {
  const known = new Set(loopbackPorts())
  let [isOn, met] = [true, 0]
  const open = (port: number): void => {
    if (!isOn) return
    const socket = connect(port, '127.0.0.1', () => {
      met += 1
      meet(socket, met)
    })
    socket.on('error', () => {}).on('close', () => setTimeout(open, 200, port))
    context.after(() => socket.destroy())
  }
  const timer = setInterval(() => {
    for (const port of loopbackPorts()) {
      if (known.has(port)) continue
      known.add(port)
      for (let count = 0; count < connections; count += 1) open(port)
    }
  }, 1)
  context.after(() => {
    isOn = false
    clearInterval(timer)
  })
  return () => met
}

/** Ports on 127.0.0.1 on which a process listens. */
function loopbackPorts(): number[] {
  const table = readFileSync('/proc/net/tcp', 'utf8')
  return Array.from(table.matchAll(/: 0100007F:(\w{4}) \w+:\w+ 0A/g), ([, port = '']) =>
    Number.parseInt(port, 16),
  )
}
