import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { crc32 } from 'node:zlib'
import { addonFiles } from '../../src/mapped-memory/addon-files.ts'
import { parseElf } from '../support/native/elf.ts'
import { temporaryDirectory } from '../support/programs/temporary-directory.ts'
import { needed } from '../support/tools.ts'

const native = join(import.meta.dirname, '../../native')
const prebuilt = join(native, 'prebuilt')
const contentOf = (name: string): Buffer => readFileSync(join(prebuilt, name))

describe('The prebuilt addon', () => {
  test('has the hashes of SHA256SUMS', () => {
    const names = readdirSync(prebuilt).filter((name) => name !== 'SHA256SUMS')
    const lines = names.sort().map((name) => {
      const hash = createHash('sha256').update(contentOf(name)).digest('hex')
      return `${hash}  ${name}\n`
    })
    assert.equal(contentOf('SHA256SUMS').toString(), lines.join(''))
    const platforms = ['darwin-arm64', 'darwin-x64', 'linux-arm64', 'linux-x64']
    assert.deepEqual(
      names,
      platforms.map((name) => `${name}.node`),
    )
  })

  test('has the sizes and checksums that the loader expects', () => {
    for (const [name, file] of Object.entries(addonFiles)) {
      const content = contentOf(`${name}.node`)
      assert.deepEqual(file, { bytes: content.length, checksum: crc32(content) }, name)
    }
  })

  test('has the bytes of a new build in another directory', {
    timeout: 600_000,
  }, async (context) => {
    const directory = join(await temporaryDirectory(context), 'a directory with another name')
    cpSync(native, directory, { recursive: true })
    const build = join(directory, 'build.sh')
    const { status, stdout, stderr } = spawnSync('bash', [build, '--check'], { encoding: 'utf8' })
    if (!needed(context, status === 3 ? { missing: stderr.trim() } : {})) return
    assert.equal(status, 0, stdout + stderr)
    assert.equal(stdout, 'prebuilt/ has the bytes of a new build.\n')
  })

  for (const [name, machine] of [
    ['linux-x64', 62],
    ['linux-arm64', 183],
  ] as const) {
    test(`of ${name} needs no library, and only functions of Node-API`, () => {
      const content = contentOf(`${name}.node`)
      const elf = parseElf(content)
      assert.deepEqual(elf, {
        machine,
        needed: [],
        imported: [
          'napi_create_external_arraybuffer',
          'napi_create_function',
          'napi_create_int32',
          'napi_get_cb_info',
          'napi_get_value_int32',
          'napi_get_value_int64',
          'napi_set_named_property',
          'napi_throw_error',
        ],
        exported: ['napi_register_module_v1', 'node_api_module_get_api_version_v1'],
        bindsNow: true,
        isWritableCode: false,
      })
      assert.ok(content.length < 5_120, `${content.length} bytes`)
    })
  }
})
