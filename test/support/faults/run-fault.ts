import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { processesWith } from '../chaos/process-table.ts'
import { eventually, startApp } from '../programs/app.ts'
import type { Belongings } from '../programs/belongings.ts'
import { childrenOf } from '../programs/process-tree.ts'
import { temporaryDirectory } from '../programs/temporary-directory.ts'
import { Random } from '../random.ts'
import { CountingClient } from './counting-client.ts'
import { undocumentedLines } from './documented-lines.ts'
import type { Fault, FaultSize, PreparedFault } from './fault.ts'
import { assertFlat, type Resources, resourcesOf } from './resources.ts'
import { Stand } from './stand.ts'

const connections = 12
/** A fault other than a kill needs requests, but no full processors. */
const pauseMs = 20
/** The deadline only ends a failing test. */
const endDeadlineMs = 60_000

export interface FaultOptions {
  readonly fault: Fault
  readonly size: FaultSize
  readonly seed: number
}

export interface FaultResult {
  readonly requests: number
  /** Requests whose connection ended with a killed worker. */
  readonly cut: number
  readonly kills: number
  readonly lost: number
  readonly mostLost: number
  readonly descriptors: readonly [before: number, after: number]
  readonly megabytes: readonly [before: number, after: number]
}

/**
 * Runs a fault on a real cluster under load, and checks the gates that all faults share.
 * @returns undefined where the machine cannot have the fault.
 */
export async function runFault(
  context: Belongings,
  { fault, size, seed }: FaultOptions,
): Promise<FaultResult | undefined> {
  const prepared = await fault.prepare(context, size)
  if (!prepared) return undefined
  const directory = join(await temporaryDirectory(context), 'tmp')
  mkdirSync(directory)
  const mark = randomUUID()
  const app = await startApp({
    file: 'apps/faults/server.cjs',
    ...prepared,
    env: { TMPDIR: directory, FAULT_MARK: mark, ...prepared.env },
  })
  context.after(() => app.stop())
  const port = await app.ready()
  const client = new CountingClient({ port, connections, pauseMs: prepared.pauseMs ?? pauseMs })
  const stand = new Stand({ app, port, client, size, random: new Random(seed), directory })
  client.start()
  try {
    await stand.serving(300)
    await eventually(() => stand.page())
    const before = resourcesOf(stand.primary, port)
    await prepared.act(stand)
    // The application and the exporter recover without a restart.
    await stand.serving(300)
    await stand.finish()
    const after = await eventually(() => assertRecovered(stand, before))
    await assertOrderlyEnd(stand, { mark, directory, prepared })
    return { ...outcomeOf(stand), ...resourceChange(before, after) }
  } catch (error) {
    process.stderr.write(`stderr of the application:\n${app.stderr()}\n`)
    throw error
  } finally {
    client.abort()
  }
}

function assertRecovered({ primary, port }: Stand, before: Resources): Resources {
  const after = resourcesOf(primary, port)
  assertFlat(before, after)
  assert.deepEqual(childrenOf(primary).filter(isZombie), [], 'zombies')
  return after
}

interface End {
  readonly mark: string
  readonly directory: string
  readonly prepared: PreparedFault
}

/** Ends the application, and looks for what is left. */
async function assertOrderlyEnd(
  { app, primary }: Stand,
  { mark, directory, prepared }: End,
): Promise<void> {
  assert.deepEqual(undocumentedLines(app.stderr(), prepared.foreign), [])
  app.child.kill('SIGTERM')
  const end = await Promise.race([app.ended, sleep(endDeadlineMs, 'no end', { ref: false })])
  assert.deepEqual(end, { code: 0, signal: null })
  await eventually(() => {
    assert.deepEqual(processesWith(mark), [], 'orphans')
    assert.deepEqual(groupOf(primary), [], 'processes of the group')
  })
  assert.deepEqual(undocumentedLines(app.stderr(), prepared.foreign), [])
  if (!prepared.keepsDirectory) assert.deepEqual(filesBelow(directory), [])
}

function outcomeOf({ client, kills, lost, mostLost }: Stand) {
  return { requests: client.total, cut: client.cut, kills, lost, mostLost }
}

function resourceChange(before: Resources, after: Resources) {
  return {
    descriptors: [before.descriptors, after.descriptors] as const,
    megabytes: [before.megabytes, after.megabytes] as const,
  }
}

/** Files, and directories of single processes. The directory of a user can stay. */
function filesBelow(directory: string): string[] {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' })
  return names.filter((name) => !/^gunicorn-prometheus-exporter-\w+$/.test(name))
}

/** The processes of a group, zombies included. */
function groupOf(group: number): number[] {
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger)
  return pids.filter((pid) => statOf(pid)[2] === String(group))
}

function isZombie(pid: number): boolean {
  return statOf(pid)[0] === 'Z'
}

/** State, parent, group and more. Empty for a process that has ended. */
function statOf(pid: number): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return []
  }
}
