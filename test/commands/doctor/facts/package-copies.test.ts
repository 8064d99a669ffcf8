import assert from 'node:assert/strict'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { findCopies } from '../../../../src/commands/doctor/facts/package-copies.ts'
import { temporaryDirectory } from '../../../support/programs/temporary-directory.ts'

test('findCopies finds nested, scoped, linked and upper copies once each', async (context) => {
  const root = await temporaryDirectory(context)
  const write = (path: string, name: string, version: string): string => {
    const directory = join(root, path, name)
    mkdirSync(directory, { recursive: true })
    writeFileSync(join(directory, 'package.json'), JSON.stringify({ name, version }))
    return directory
  }
  const name = '@opentelemetry/api'
  const upper = write('node_modules', name, '1.9.0')
  const nested = write('app/node_modules/a/node_modules/@b/c/node_modules', name, '1.10.0')
  const store = `app/node_modules/.pnpm/api@1.9.1/node_modules`
  const kept = write(store, name, '1.9.1')
  mkdirSync(join(root, 'app/node_modules/@opentelemetry'))
  symlinkSync(kept, join(root, 'app/node_modules/@opentelemetry/api'))
  // A circle of links ends.
  symlinkSync(join(root, 'app'), join(root, 'app/node_modules/self'))
  write('app/node_modules', 'other', '1.0.0')
  const { copies, isCut } = findCopies(join(root, 'app'), [name])
  assert.equal(isCut, false)
  assert.deepEqual(
    copies.map(({ version, directory }) => [version, directory]).sort(),
    [
      ['1.10.0', nested],
      ['1.9.0', upper],
      ['1.9.1', kept],
    ].sort(),
  )
})
