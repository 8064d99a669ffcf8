import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'

const scratch = mkdtempSync(join(tmpdir(), 'installed-packages-'))
after(() => rmSync(scratch, { recursive: true }))
process.env['XDG_CACHE_HOME'] = join(scratch, 'cache')
// The module reads the variable when it loads.
const { installPackages } = await import('./installed-packages.ts')

const local = join(scratch, 'local')
mkdirSync(local)
writeFileSync(join(local, 'package.json'), '{"name":"local","version":"1.2.3"}')

describe('installPackages', () => {
  test('installs packages once, also if two tests ask at once', async () => {
    const packages = { local: `file:${local}` }
    const [one, other] = await Promise.all([installPackages(packages), installPackages(packages)])
    assert.deepEqual(one, other)
    const directory = 'directory' in one ? one.directory : assert.fail(one.missing)
    assert.ok(existsSync(join(directory, 'node_modules/local/package.json')))
    assert.deepEqual(await installPackages(packages), one)
    assert.equal(entries().length, 1)
  })

  test('leaves no directory after a failed install, and names the packages', async () => {
    const before = entries()
    const result = await installPackages({ absent: `file:${join(scratch, 'absent.tgz')}` })
    assert.match('missing' in result ? result.missing : '', /^npm cannot install absent@file:/)
    assert.deepEqual(entries(), before)
  })
})

function entries(): string[] {
  return readdirSync(join(scratch, 'cache/gunicorn-prometheus-exporter/frameworks'))
}
