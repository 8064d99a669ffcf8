import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { settings } from '../../src/config/table.ts'

const dockerfile = join(import.meta.dirname, '../../deploy/docker/Dockerfile')

test('The image of the sidecar sets no setting, so a file in /config can set all', () => {
  const stages = readFileSync(dockerfile, 'utf8').split(/^FROM /m)
  const ofSidecar = stages.filter((stage) => / AS (runtime|sidecar)\n/.test(stage))
  assert.equal(ofSidecar.length, 2)
  const names = ofSidecar.flatMap((stage) =>
    Array.from(stage.matchAll(/^ENV (.+)$/gm), ([, line = '']) => line.split(' ')).flat(),
  )
  assert.ok(names.includes('NODE_ENV=production'))
  const known = settings.flatMap(({ env }) => env)
  assert.deepEqual(
    names.filter((name) => known.includes(name.split('=')[0] ?? '')),
    [],
  )
})
