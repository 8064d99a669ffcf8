import assert from 'node:assert/strict'
import {
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { StateFile } from '../../../src/share/hand-over/state-file.ts'
import {
  identityOf,
  ownProcessIdentity,
  type ProcessIdentity,
} from '../../../src/support/process/process-identity.ts'
import { needsDescriptorLimit, withoutDescriptors } from '../../support/files/descriptors.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'
import { counted } from '../../support/redis/source-state.ts'

const state = { metrics: [counted(3)], retained: [] }
const own = ownProcessIdentity()
/** A process that has ended. */
const gone: ProcessIdentity = { ...own, pid: own.pid, startTicks: '1' }

async function bench(context: TestContext) {
  const directory = await temporaryDirectory(context)
  const fileOf = (process: ProcessIdentity, slot = 'service'): StateFile =>
    new StateFile({ directory, slot, process, sleep: () => {} })
  const home = (): string => {
    const user = join(directory, readdirSync(directory)[0] ?? '')
    return join(user, readdirSync(user)[0] ?? '')
  }
  return { fileOf, home }
}

describe('StateFile', () => {
  test('gives the totals of an ended process to one process only', async (context) => {
    const { fileOf, home } = await bench(context)
    fileOf(gone).write(state, true)
    const next = fileOf(own)
    const taken = next.take()
    assert.equal(taken.kind, 'state')
    assert.deepEqual(taken.kind === 'state' && taken.state.metrics, state.metrics)
    assert.equal(fileOf(identityOf(process.ppid)).take().kind, 'nothing')
    next.write(state, false)
    assert.deepEqual(readdirSync(home()), ['totals'])
    assert.equal(statSync(join(home(), 'totals')).mode & 0o777, 0o600)
  })

  test('leaves the totals of a living process alone', async (context) => {
    const { fileOf } = await bench(context)
    const parent = identityOf(process.ppid)
    fileOf(parent).write(state, false)
    assert.deepEqual(fileOf(own).take(), { kind: 'foreign', pid: parent.pid })
  })

  test('gives on the totals of a process that ended before its first write', async (context) => {
    const { fileOf } = await bench(context)
    fileOf(gone).write(state, true)
    const second = { ...gone, startTicks: '2' }
    assert.equal(fileOf(second).take().kind, 'state')
    assert.equal(fileOf(own).take().kind, 'state')
  })

  test('keeps the totals while no descriptor is free', {
    skip: needsDescriptorLimit,
  }, async (context) => {
    const { fileOf, home } = await bench(context)
    fileOf(gone).write(state, true)
    withoutDescriptors(() => assert.throws(() => fileOf(own).take(), /cannot read/))
    assert.deepEqual(readdirSync(home()), ['totals'])
    assert.equal(fileOf(own).take().kind, 'state')
    // The totals of a process that ended before its first write.
    const second = { ...gone, startTicks: '2' }
    const [name = ''] = readdirSync(home())
    renameSync(join(home(), name), join(home(), `taken-${second.pid}-${second.startTicks}`))
    withoutDescriptors(() => assert.throws(() => fileOf(own).take()))
    assert.equal(fileOf(own).take().kind, 'state')
  })

  test('finds nothing where the directory is a file, and the write fails', async (context) => {
    const file = join(await temporaryDirectory(context), 'file')
    writeFileSync(file, '')
    const below = new StateFile({ directory: file, slot: 'service', process: own })
    assert.equal(below.take().kind, 'nothing')
    assert.throws(() => below.write(state, false), /ENOTDIR|EEXIST/)
  })

  test('keeps services apart', async (context) => {
    const { fileOf } = await bench(context)
    fileOf(gone, 'one').write(state, true)
    assert.equal(fileOf(own, 'two').take().kind, 'nothing')
  })

  test('takes the totals of another container after its end or its silence', async (context) => {
    const { fileOf } = await bench(context)
    const elsewhere = { ...own, pidNamespace: 'another' }
    fileOf(elsewhere).write(state, true)
    assert.equal(fileOf(own).take().kind, 'state')
    fileOf(elsewhere).write(state, false)
    assert.equal(fileOf(own).take().kind, 'state')
  })

  const damages: Record<string, (path: string) => void> = {
    'a text': (path) => writeFileSync(path, 'no state\n'),
    'an empty file': (path) => writeFileSync(path, ''),
    'a link': (path) => symlinkSync('/etc/hostname', path),
    'a directory': (path) => mkdirSync(path),
  }
  for (const [name, damage] of Object.entries(damages))
    test(`ignores ${name} in place of the totals`, async (context) => {
      const { fileOf, home } = await bench(context)
      fileOf(gone).write(state, true)
      rmSync(join(home(), 'totals'))
      damage(join(home(), 'totals'))
      assert.equal(fileOf(own).take().kind, 'ignored')
      fileOf(own).write(state, false)
    })
})
