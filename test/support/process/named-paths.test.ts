import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { NamedPaths, namedDirectory } from '../../../src/support/process/named-paths.ts'

const root = realpathSync(mkdtempSync(join(tmpdir(), 'named-paths-')))
const release = join(root, 'releases/r1')
const current = join(root, 'current')
mkdirSync(join(release, 'server'), { recursive: true })
symlinkSync('releases/r1', current)

after(() => rmSync(root, { recursive: true, force: true }))

describe('NamedPaths', () => {
  test('gives a path below the target the name of the link', () => {
    const paths = new NamedPaths([undefined, join(root, 'missing'), current])
    assert.equal(paths.named(join(release, 'a/b.cjs')), join(current, 'a/b.cjs'))
    assert.equal(paths.named(release), current)
    assert.equal(paths.named(`${release}2/a.cjs`), `${release}2/a.cjs`)
    assert.equal(paths.named(join(root, 'a.cjs')), join(root, 'a.cjs'))
  })

  test('finds the link above a directory', () => {
    const paths = new NamedPaths([join(current, 'server')])
    assert.equal(paths.named(join(release, 'node_modules')), join(current, 'node_modules'))
  })

  test('knows where the link led at the start, and leaves files that exist', () => {
    const paths = new NamedPaths([current])
    const [there, gone] = [join(release, 'there.cjs'), join(release, 'gone.cjs')]
    writeFileSync(there, '')
    rmSync(current)
    assert.equal(paths.existing(there), there)
    assert.equal(paths.existing(gone), join(current, 'gone.cjs'))
    symlinkSync('releases/r1', current)
  })
})

describe('namedDirectory', () => {
  test('is the variable where the variable names the working directory', (context) => {
    const before = process.cwd()
    context.after(() => process.chdir(before))
    process.chdir(current)
    assert.equal(namedDirectory(current), current)
    for (const other of [undefined, root, 'current', join(root, 'missing')]) {
      assert.equal(namedDirectory(other), release)
    }
  })
})
