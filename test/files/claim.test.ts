import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { isFirstToClaim } from '../../src/files/claim.ts'
import { userDirectory } from '../../src/files/trusted.ts'
import { identityOf } from '../../src/support/process/process-identity.ts'
import { temporaryDirectory } from '../support/programs/temporary-directory.ts'

const hasStartTimes = identityOf(process.pid).startTicks !== ''
const options = { skip: hasStartTimes ? false : 'the system tells no start times' }

test('isFirstToClaim is true once for each text and parent process', options, async (context) => {
  const parent = await temporaryDirectory(context)
  const claim = { parent, pid: process.pid, text: 'a', mostEntries: 10 }
  assert.equal(isFirstToClaim(claim), true)
  assert.equal(isFirstToClaim(claim), false)
  assert.equal(isFirstToClaim({ ...claim, text: 'b' }), true)
  assert.equal(isFirstToClaim({ ...claim, pid: process.ppid }), true)
  assert.equal(isFirstToClaim({ ...claim, pid: process.ppid }), false)
})

test(
  'isFirstToClaim removes the claims of ended parents, and no other file',
  options,
  async (context) => {
    const parent = await temporaryDirectory(context)
    const claim = { parent, pid: process.pid, text: 'a', mostEntries: 10 }
    isFirstToClaim(claim)
    const directory = userDirectory(parent)
    const [own = ''] = readdirSync(directory)
    assert.equal(statSync(join(directory, own)).mode & 0o777, 0o600)
    const { pid } = spawnSync('true')
    const ended = own.replace(`claim-${process.pid}-`, `claim-${pid}-`)
    const elsewhere = ended.replace(/-\w{12}-(?=\w+$)/, '-0123456789ab-')
    for (const name of [ended, elsewhere, '77-0123456789ab'])
      writeFileSync(join(directory, name), '')
    assert.equal(isFirstToClaim({ ...claim, text: 'b' }), true)
    const names = readdirSync(directory)
    assert.deepEqual(
      [own, ended, elsewhere, '77-0123456789ab'].map((name) => names.includes(name)),
      [true, false, true, true],
    )
  },
)

test(
  'isFirstToClaim is always true and makes no file in a full directory',
  options,
  async (context) => {
    const parent = await temporaryDirectory(context)
    const claim = { parent, pid: process.pid, text: 'a', mostEntries: 2 }
    for (const text of ['a', 'b', 'c', 'c']) assert.equal(isFirstToClaim({ ...claim, text }), true)
    assert.equal(readdirSync(userDirectory(parent)).length, 2)
  },
)

test('isFirstToClaim is always true where no file can be made', async (context) => {
  const parent = await temporaryDirectory(context)
  const claim = { parent: '/proc/self', pid: process.pid, text: 'a', mostEntries: 2 }
  assert.deepEqual([isFirstToClaim(claim), isFirstToClaim(claim)], [true, true])
  // A directory of another user, or one that others may write to, could hide a message.
  const own = { ...claim, parent }
  isFirstToClaim(own)
  if (!existsSync(userDirectory(parent))) return
  chmodSync(userDirectory(parent), 0o777)
  assert.deepEqual([isFirstToClaim(own), isFirstToClaim(own)], [true, true])
})
