import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, readdirSync, statSync, symlinkSync } from 'node:fs'
import { dirname } from 'node:path'
import { test } from 'node:test'
import { DirectoryPublisher } from '../../../src/share/directory/directory-publisher.ts'
import { ownFiles } from '../../../src/share/directory/shared-files.ts'
import { type Belongings, latestFirst } from '../../support/programs/belongings.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'

test('directories that others may write to become this user’s alone', async (given) => {
  const context = latestFirst(given)
  const directory = await temporaryDirectory(context)
  const home = ownFiles(directory)
  mkdirSync(home, { recursive: true })
  for (const path of [dirname(home), home]) chmodSync(path, 0o777)
  assert.deepEqual(published(context, directory), [])
  assert.equal(readdirSync(home).length, 1)
  for (const path of [dirname(home), home]) assert.equal(statSync(path).mode & 0o777, 0o700)
})

test('nothing is written where `sources` leads elsewhere', async (given) => {
  const context = latestFirst(given)
  const directory = await temporaryDirectory(context)
  const victim = await temporaryDirectory(context)
  chmodSync(victim, 0o755)
  const home = ownFiles(directory)
  mkdirSync(dirname(home))
  symlinkSync(victim, home)
  const [notice, ...others] = published(context, directory)
  assert.match(notice ?? '', /cannot be written to the shared directory.*(?:ENOTDIR|ELOOP)/)
  assert.deepEqual(others, [])
  assert.deepEqual(readdirSync(victim), [])
  assert.equal(statSync(victim).mode & 0o777, 0o755)
})

/** @returns what the operator was told. */
function published(context: Belongings, directory: string): string[] {
  const notices: string[] = []
  const publisher = new DirectoryPublisher({
    directory,
    serviceSlot: { service: 's', host: 'h', address: 'a', directory: 'd', instance: undefined },
    collect: () => [],
    onNotice: (text) => notices.push(text),
    onFault: () => {},
  })
  context.after(() => publisher.last())
  return notices
}
