import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, type TestContext, test } from 'node:test'
import { PrivateDirectory } from '../../../src/files/private-directory.ts'
import type { WorkersDirectory } from '../../../src/files/workers-directory.ts'
import { relayLimits } from '../../../src/limits/relay.ts'
import {
  hasOwner,
  type RecordOwnerOptions,
  recordOwner,
} from '../../../src/relay/last-report/leftovers.ts'
import { primaryName } from '../../../src/relay/last-report/primary-directory.ts'
import {
  ownProcessIdentity,
  type ProcessIdentity,
} from '../../../src/support/process/process-identity.ts'
import { workersDirectoryIn } from '../../support/crash-file/workers-directory.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'

const token = '0123456789abcdef0123456789abcdef'
const own = ownProcessIdentity()
let dead = own

before(async () => {
  const child = spawn('true')
  await once(child, 'exit')
  dead = { ...own, pid: child.pid ?? assert.fail('no child') }
})

describe('recordOwner()', () => {
  test('writes the identity of the owner', async (context) => {
    const { record } = await prepared(context)
    const found = new PrivateDirectory(record(own)).read('owner.json', 1_000)
    assert.deepEqual(JSON.parse(String(found)), own)
  })

  test('is known by hasOwner(), until the file has gone', async (context) => {
    const { record, directory } = await prepared(context)
    assert.equal(hasOwner(directory), false)
    record(own)
    assert.equal(hasOwner(directory), true)
    new PrivateDirectory(directory).remove('owner.json')
    assert.equal(hasOwner(directory), false)
  })

  test('removes the directory of a dead primary', async (context) => {
    const { record, names, put } = await prepared(context)
    put(primaryName(dead, { token }), JSON.stringify(dead))
    put(primaryName(dead, { token, stream: 'sdk' }), JSON.stringify(dead))
    record(own)
    assert.deepEqual(names(), ['own'])
  })

  test('removes a directory of an earlier version', async (context) => {
    const { record, names, put } = await prepared(context)
    put(String(dead.pid), JSON.stringify(dead))
    record(own)
    assert.deepEqual(names(), ['own'])
  })

  const elsewhere = { ...own, pidNamespace: 'another' }
  const near = (): string => primaryName(dead, { token })
  const week = relayLimits.abandonedMs
  const minute = relayLimits.ownerlessMs
  interface Row {
    readonly title: string
    readonly name: () => string
    readonly owner?: () => string
    /** Milliseconds at which the directory is removed; undefined where it is kept for ever. */
    readonly limit: number | undefined
  }
  const rows: readonly Row[] = [
    { title: 'of a living process', name: () => '1', owner: () => text(own), limit: undefined },
    {
      title: 'of another pid namespace',
      name: () => primaryName(elsewhere, { token }),
      owner: () => text(elsewhere),
      limit: week,
    },
    {
      title: 'of an earlier version in another pid namespace',
      name: () => '1-ca978112ca1b',
      owner: () => text(elsewhere),
      limit: undefined,
    },
    { title: 'of a dead process without an owner', name: near, limit: minute },
    { title: 'of a dead process with a torn owner', name: near, owner: () => '{', limit: minute },
    {
      title: 'of a dead process with an owner that is no identity',
      name: near,
      owner: () => '{"pid":1}',
      limit: minute,
    },
    {
      title: 'of a dead process with an owner that is too large to read',
      name: near,
      owner: () => text(dead).padEnd(relayLimits.processFileBytes + 1),
      limit: week,
    },
    {
      title: 'of an earlier version with an owner that is too large to read',
      name: () => String(dead.pid),
      owner: () => text(dead).padEnd(relayLimits.processFileBytes + 1),
      limit: undefined,
    },
    {
      title: 'without an owner, with the pid of a living process',
      name: () => primaryName(own, { token }),
      limit: week,
    },
    {
      title: 'without an owner in another pid namespace',
      name: () => primaryName(elsewhere, { token }),
      limit: week,
    },
    {
      title: 'without an owner in another pid namespace, with a pid that no process has here',
      name: () => primaryName({ ...elsewhere, pid: dead.pid }, { token }),
      limit: week,
    },
    {
      title: 'with a name that no primary uses',
      name: () => 'process-1',
      owner: () => text(dead),
      limit: undefined,
    },
  ]
  for (const { title, name, owner, limit } of rows) {
    const until = limit === undefined ? 'always' : `for ${limit} ms`
    test(`keeps a directory ${title} ${until}`, async (context) => {
      const { record, names, put, now } = await prepared(context)
      put(name(), owner?.())
      record(own, { now: now + (limit ?? 10 * week) })
      assert.deepEqual(names(), [name(), 'own'].sort())
      record(own, { now: now + (limit ?? 10 * week) + 1 })
      assert.deepEqual(names(), limit === undefined ? [name(), 'own'].sort() : ['own'])
    })
  }

  test('keeps a directory in which a worker of another container writes', async (context) => {
    const { record, names, put, user, now } = await prepared(context)
    const name = primaryName(elsewhere, { token })
    put(name, undefined)
    writeFileSync(join(user, name, '1.counts'), '')
    utimesSync(join(user, name), new Date(0), new Date(0))
    record(own, { now: now + week - 1_000 })
    assert.deepEqual(names(), [name, 'own'].sort())
  })

  test('reads an owner of the largest size', async (context) => {
    const { record, names, put } = await prepared(context)
    put('5', text(dead).padEnd(relayLimits.processFileBytes))
    record(own)
    assert.deepEqual(names(), ['own'])
  })

  test('reads as many entries of the parent as allowed', async (context) => {
    const { record, names, put } = await prepared(context)
    for (const pid of [11, 12, 13, 14, 15]) put(String(pid), text(dead))
    record(own, { directoryEntries: 0 })
    assert.equal(names().length, 6)
    record(own, { directoryEntries: 3 })
    assert.ok(names().length === 3 || names().length === 4, names().join())
    record(own, { directoryEntries: relayLimits.directoryEntries })
    assert.deepEqual(names(), ['own'])
  })
})

function text(owner: ProcessIdentity): string {
  return JSON.stringify(owner)
}

interface Prepared {
  readonly directory: WorkersDirectory
  /** The directory of this user. */
  readonly user: string
  /** Unix milliseconds. */
  readonly now: number
  readonly record: (owner: ProcessIdentity, options?: RecordOwnerOptions) => WorkersDirectory
  readonly put: (name: string, owner: string | undefined) => void
  readonly names: () => string[]
}

async function prepared(context: TestContext): Promise<Prepared> {
  const directory = workersDirectoryIn(await temporaryDirectory(context), 'own')
  const user = join(directory.path, '..')
  new PrivateDirectory(directory).make()
  // The time of a file is exact in whole seconds.
  const now = 1_000 * Math.floor(Date.now() / 1_000)
  return {
    directory,
    user,
    now,
    record: (owner, options) => {
      recordOwner(directory, owner, options)
      return directory
    },
    put: (name, owner) => {
      mkdirSync(join(user, name), { mode: 0o700 })
      const file = join(user, name, 'owner.json')
      if (owner !== undefined) {
        writeFileSync(file, owner)
        utimesSync(file, now / 1_000, now / 1_000)
      }
      utimesSync(join(user, name), now / 1_000, now / 1_000)
    },
    names: () => readdirSync(user).sort(),
  }
}
