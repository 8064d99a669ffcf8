import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { PrivateDirectory } from '../../../src/files/private-directory.ts'
import type { ReportStream } from '../../../src/model/report-stream.ts'
import { recordOwner } from '../../../src/relay/last-report/leftovers.ts'
import { primaryName } from '../../../src/relay/last-report/primary-directory.ts'
import { ownProcessIdentity, type ProcessIdentity } from '../../../src/support/process-identity.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'

test('a primary removes what dead ones have left, and nothing else', async (context) => {
  const parent = await temporaryDirectory(context)
  const me = ownProcessIdentity()
  const child = spawn('true')
  await once(child, 'exit')
  const claim = (life: ProcessIdentity, line?: ReportStream): void => {
    new PrivateDirectory(parent, primaryName(life, line)).prepare()
    recordOwner(parent, life, line)
  }
  const dead = { ...me, pid: child.pid ?? 0 }
  const abroad = { ...me, pid: 2_000_000_001, pidNamespace: 'another' }
  // Each of them comes before the one that is dead.
  claim(abroad)
  // One with the pid of a dead one here, and the like.
  claim({ ...dead, pidNamespace: 'another' })
  claim(dead)
  claim(dead, 'sdk')
  const user = join(parent, String(readdirSync(parent)))
  for (const [name, owner] of [
    ['2000000002', '{'],
    ['2000000003', '{"pid":1}'],
    ['2000000004', undefined],
    // As earlier versions called them.
    [String(dead.pid), JSON.stringify(dead)],
    ['2000000005', JSON.stringify(abroad)],
    [String(me.pid), JSON.stringify(me)],
    ['process-1', JSON.stringify(dead)],
  ] as const) {
    mkdirSync(join(user, name), { mode: 0o700 })
    if (owner !== undefined) writeFileSync(join(user, name, 'owner.json'), owner)
  }
  const gone = [String(dead.pid), primaryName(dead), primaryName(dead, 'sdk')]
  const kept = readdirSync(user).filter((name) => !gone.includes(name))
  claim(me, 'sdk')
  assert.deepEqual(readdirSync(user).sort(), [...kept, primaryName(me, 'sdk')].sort())
  claim(me)
  assert.deepEqual(
    readdirSync(user).sort(),
    [...kept, primaryName(me), primaryName(me, 'sdk')].sort(),
  )
})
