import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, type TestContext, test } from 'node:test'
import { PrivateDirectory } from '../../../src/files/private-directory.ts'
import { relayLimits } from '../../../src/limits/relay.ts'
import type { ReportStream } from '../../../src/model/report-stream.ts'
import { type RecordOwnerOptions, recordOwner } from '../../../src/relay/last-report/leftovers.ts'
import { primaryName } from '../../../src/relay/last-report/primary-directory.ts'
import {
  ownProcessIdentity,
  type ProcessIdentity,
} from '../../../src/support/process/process-identity.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'

const own = ownProcessIdentity()
let dead = own

before(async () => {
  const child = spawn('true')
  await once(child, 'exit')
  dead = { ...own, pid: child.pid ?? assert.fail('no child') }
})

describe('recordOwner()', () => {
  test('writes the identity of the owner', async (context) => {
    const { parent, record } = await prepared(context)
    record(own)
    const found = new PrivateDirectory(parent, primaryName(own)).read('owner.json', 1_000)
    assert.deepEqual(JSON.parse(String(found)), own)
  })

  for (const stream of ['preload', 'sdk'] satisfies ReportStream[]) {
    test(`removes the directory of a dead primary, stream ${stream}`, async (context) => {
      const { record, names } = await prepared(context)
      record(dead, { stream })
      assert.deepEqual(names(), [primaryName(dead, stream)])
      record(own)
      assert.deepEqual(names(), [primaryName(own)])
    })
  }

  test('removes a directory of an earlier version, which is named by the pid', async (context) => {
    const { record, names, put } = await prepared(context)
    put(String(dead.pid), JSON.stringify(dead))
    record(own)
    assert.deepEqual(names(), [primaryName(own)])
  })

  const kept: readonly [title: string, name: string, owner: () => string | undefined][] = [
    ['of a living process', String(own.pid), () => JSON.stringify(own)],
    ['of another pid namespace', '1', () => JSON.stringify({ ...dead, pidNamespace: 'another' })],
    ['without an owner', '2', () => undefined],
    ['with an owner that is not JSON', '3', () => '{'],
    ['with an owner that is not an identity', '4', () => '{"pid":1}'],
    ['with a name that no primary uses', 'process-1', () => JSON.stringify(dead)],
    [
      'with an owner that is too large',
      '5',
      () => JSON.stringify(dead).padEnd(relayLimits.processFileBytes + 1),
    ],
  ]
  for (const [title, name, owner] of kept) {
    test(`keeps a directory ${title}`, async (context) => {
      const { record, names, put } = await prepared(context)
      put(name, owner())
      record(own)
      assert.deepEqual(names(), [name, primaryName(own)].sort())
    })
  }

  test('reads an owner of the largest size', async (context) => {
    const { record, names, put } = await prepared(context)
    put('5', JSON.stringify(dead).padEnd(relayLimits.processFileBytes))
    record(own)
    assert.deepEqual(names(), [primaryName(own)])
  })

  test('keeps the directory of the other stream of the same primary', async (context) => {
    const { record, names } = await prepared(context)
    record(own, { stream: 'sdk' })
    record(own)
    assert.deepEqual(names(), [primaryName(own), primaryName(own, 'sdk')].sort())
  })

  test('reads as many entries of the parent as allowed', async (context) => {
    const { record, names, put } = await prepared(context)
    for (const pid of [11, 12, 13, 14, 15]) put(String(pid), JSON.stringify(dead))
    record(own, { directoryEntries: 0 })
    assert.equal(names().length, 6)
    record(own, { directoryEntries: 3 })
    assert.ok(names().length === 3 || names().length === 4, names().join())
    record(own, { directoryEntries: relayLimits.directoryEntries })
    assert.deepEqual(names(), [primaryName(own)])
  })
})

interface Prepared {
  readonly parent: string
  readonly record: (owner: ProcessIdentity, options?: RecordOwnerOptions) => void
  readonly put: (name: string, owner: string | undefined) => void
  readonly names: () => string[]
}

async function prepared(context: TestContext): Promise<Prepared> {
  const parent = await temporaryDirectory(context)
  const first = new PrivateDirectory(parent, 'first')
  first.prepare()
  first.clear()
  const user = join(parent, String(readdirSync(parent)))
  return {
    parent,
    record: (owner, options) => {
      new PrivateDirectory(parent, primaryName(owner, options?.stream)).prepare()
      recordOwner(parent, owner, options)
    },
    put: (name, owner) => {
      mkdirSync(join(user, name), { mode: 0o700 })
      if (owner !== undefined) writeFileSync(join(user, name, 'owner.json'), owner)
    },
    names: () => readdirSync(user).sort(),
  }
}
