import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import manifest from '../../package.json' with { type: 'json' }
import { releaseFaults } from '../../scripts/release-check.ts'
import { type Manifest, reportingSentence, withAddresses } from '../../scripts/repository.ts'

const run = promisify(execFile)
const script = join(import.meta.dirname, '../../scripts/release-check.ts')

const address = 'https://git.example.org/owner/name'
const repository = { type: 'git', url: `git+${address}.git` }
const complete: Manifest = {
  version: '1.2.3',
  repository,
  bugs: { url: `${address}/issues` },
  homepage: `${address}#readme`,
}
const changelog = '# Changelog\n\n## [Unreleased]\n\n## [1.2.3] - 2026-12-01\n'

describe('The release check', () => {
  it('finds nothing wrong with a decided address and a section of the version', () => {
    assert.deepEqual(releaseFaults(complete, changelog), [])
  })

  for (const [name, field, got] of [
    ['no repository', undefined, 'nothing'],
    ['a plain address', { type: 'git', url: address }, address],
    ['an address without a name', { type: 'git', url: 'git+https://h/owner.git' }, 'owner'],
  ] as const) {
    it(`refuses ${name}`, () => {
      const { repository: _, ...others } = complete
      const faults = releaseFaults(field ? { ...others, repository: field } : others, changelog)
      assert.equal(faults.length, 1)
      assert.match(faults[0] ?? '', /must have .*git\+https:\/\/HOST\/OWNER\/NAME\.git/)
      assert.ok(faults[0]?.includes(got), faults[0])
    })
  }

  it('refuses addresses that belong to another repository', () => {
    const other = { ...complete, homepage: 'https://git.example.org/owner/other#readme' }
    assert.deepEqual(releaseFaults(other, changelog), [
      `bugs and homepage of package.json do not belong to ${address}: npm run docs.`,
    ])
  })

  it('refuses a changelog without a section of the version, and tells all faults at once', () => {
    const faults = releaseFaults({ version: '1.2.4' }, changelog)
    assert.equal(faults.length, 2)
    assert.equal(faults[1], 'CHANGELOG.md has no section "## [1.2.4]".')
  })

  it('keeps npm pack from packing', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'release-'))
    const pack = async (fields: Partial<Manifest>): Promise<string> => {
      const scripts = { prepack: `"${process.execPath}" "${script}"` }
      const text = JSON.stringify({ name: 'packed', version: '1.2.3', scripts, ...fields })
      await writeFile(join(folder, 'package.json'), text)
      const { stdout } = await run('npm', ['pack', '--dry-run'], { cwd: folder })
      return stdout
    }
    try {
      await writeFile(join(folder, 'CHANGELOG.md'), changelog)
      await assert.rejects(pack({}), /release-check: The field repository of package\.json must/)
      assert.match(await pack(complete), /packed-1\.2\.3\.tgz/)
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('runs first before this package is packed', () => {
    assert.match(manifest.scripts.prepack, /^node scripts\/release-check\.ts && /)
  })
})

describe('The address of the repository', () => {
  it('is written into bugs and homepage of package.json', () => {
    const text = JSON.stringify({ name: 'packed', version: '1.2.3', repository })
    const written = JSON.parse(withAddresses(text)) as Manifest
    assert.deepEqual(releaseFaults(written, changelog), [])
  })

  it('leaves package.json as it is while it is not decided', () => {
    const text = '{ "name": "packed" }\n'
    assert.equal(withAddresses(text), text)
  })

  it('is where SECURITY.md sends reports', () => {
    assert.equal(
      reportingSentence(complete),
      `Open a private report: <${address}/security/advisories/new>.\n`,
    )
    assert.match(reportingSentence({ version: '1.2.3' }), /not decided yet/)
  })
})
