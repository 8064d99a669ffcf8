import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type LoadedAddon, loadAddon } from '../../src/mapped-memory/load-addon.ts'
import { loaderBundle } from '../support/native/loader-bundle.ts'
import { installedNode } from '../support/native/nodes.ts'
import { cleanEnvironment } from '../support/programs/app.ts'
import { latestFirst } from '../support/programs/belongings.ts'
import { smallDisk } from '../support/programs/small-disk.ts'
import { temporaryDirectory } from '../support/programs/temporary-directory.ts'
import { needed } from '../support/tools.ts'

const prebuilt = join(import.meta.dirname, '../../native/prebuilt')
const fixtures = join(import.meta.dirname, '../fixtures/native')
const machine = { platform: process.platform, arch: process.arch }
const file = `${machine.platform}-${machine.arch}.node`
const hasAddon = loadAddon(machine, prebuilt).addon !== undefined
const skip = hasAddon || process.env['CI'] === 'true' ? false : 'this machine has no addon'

describe('The loader of the addon', () => {
  const others: readonly (readonly [platform: string, arch: string, reason: string])[] = [
    ['darwin', 'arm64', 'macOS has no /proc, which the workers need'],
    ['darwin', 'x64', 'macOS has no /proc, which the workers need'],
    ['win32', 'x64', 'the package has no addon for win32-x64'],
    ['linux', 'arm', 'the package has no addon for linux-arm'],
    ['linux', 'riscv64', 'the package has no addon for linux-riscv64'],
    ['freebsd', 'x64', 'the package has no addon for freebsd-x64'],
    ['', '__proto__', 'the package has no addon for -__proto__'],
  ]
  for (const [platform, arch, reason] of others) {
    test(`refuses ${platform || 'an unknown platform'} on ${arch}`, () => {
      assert.deepEqual(loadAddon({ platform, arch }, prebuilt), { refusal: reason })
    })
  }
})

describe('The loader refuses the addon', { skip }, () => {
  test('when the file is missing, such as in a bundled application', async (context) => {
    const directory = await temporaryDirectory(context)
    assert.match(refusalIn(directory), /^ENOENT: .*\.node/)
  })

  test('of another architecture', async (context) => {
    const directory = await temporaryDirectory(context)
    const other = machine.arch === 'x64' ? 'linux-arm64.node' : 'linux-x64.node'
    copyFileSync(join(prebuilt, other), join(directory, file))
    assert.equal(refusalIn(directory), `${join(directory, file)} is damaged`)
  })

  test('with a changed bit, a missing end or another byte at the end', async (context) => {
    const directory = await temporaryDirectory(context)
    const path = join(directory, file)
    const whole = readFileSync(join(prebuilt, file))
    const damaged = [0, 1, 64, 1_000, whole.length - 1].map((end) => whole.subarray(0, end))
    for (const at of [0, 18, 600, 2_900, whole.length - 1]) {
      const changed = Buffer.from(whole)
      changed[at] = (whole[at] ?? 0) ^ 4
      damaged.push(changed)
    }
    for (const content of [...damaged, Buffer.concat([whole, Buffer.of(0)])]) {
      writeFileSync(path, content)
      assert.equal(refusalIn(directory), `${path} is damaged`)
    }
    writeFileSync(path, whole)
    assert.ok(loadAddon(machine, directory).addon)
  })

  test('that is a directory', async (context) => {
    const directory = await temporaryDirectory(context)
    mkdirSync(join(directory, file))
    assert.match(refusalIn(directory), /^EISDIR/)
  })

  test('on a file system without programs', async (context) => {
    const disk = await smallDisk(latestFirst(context), 'noexec')
    if (disk === undefined) return
    copyFileSync(join(prebuilt, file), join(disk.directory, file))
    const reason = refusalIn(disk.directory)
    assert.ok(reason.includes(join(disk.directory, file)), reason)
    assert.match(reason, /failed to map segment|Operation not permitted/)
  })
})

describe('The bundled loader', { skip }, () => {
  const refused = 'Node.js runs with --no-addons, or with --permission and without --allow-addons'
  // The older releases do not know the short name.
  const versions = [
    ['20.19.0', '--experimental-permission'],
    ['22.13.0', '--experimental-permission'],
    ['24.21.0', '--permission'],
    ['26.10.0', '--permission'],
  ] as const
  let bundle: Bundle
  before(() => {
    bundle = makeBundle()
  })
  after(() => rmSync(bundle.directory, { recursive: true }))

  for (const [version, permission] of versions) {
    test(`loads the addon on Node.js ${version}, unless addons are forbidden`, (context) => {
      const node = needed(context, installedNode(version))
      if (node === undefined) return
      const refusal = (...flags: string[]): unknown => refusalOf(node.command, bundle.folder, flags)
      assert.equal(refusal(), undefined)
      assert.equal(refusal(permission, '--allow-fs-read=*', '--allow-addons'), undefined)
      assert.equal(refusal('--no-addons'), refused)
      assert.equal(refusal(permission, '--allow-fs-read=*'), refused)
      const folders = [bundle.folder, fixtures].map((path) => `--allow-fs-read=${path}/*`)
      assert.match(
        String(refusal(permission, '--allow-addons', ...folders)),
        /allow-fs-read|ACCESS/,
      )
    })

    test(`loads the addon in threads of Node.js ${version}`, (context) => {
      const node = needed(context, installedNode(version))
      if (node === undefined) return
      const args = [join(fixtures, 'threads.cjs'), join(bundle.folder, 'addon.cjs')]
      assert.deepEqual(printed([...node.command, ...args]), [1, 2, 3])
    })
  }

  test('refuses in a bundled application, which has no file of the addon', () => {
    const folder = join(bundle.directory, 'application/out')
    cpSync(bundle.folder, folder, { recursive: true })
    assert.match(String(refusalOf([process.execPath], folder, [])), /^ENOENT: .*native.prebuilt/)
  })
})

interface Bundle {
  readonly directory: string
  readonly folder: string
}

function makeBundle(): Bundle {
  const directory = mkdtempSync(join(tmpdir(), 'load-addon-'))
  return { directory, folder: loaderBundle(directory) }
}

/** What the loader says, which is the same in both kinds of modules. */
function refusalOf(node: readonly string[], folder: string, flags: readonly string[]): unknown {
  const [first, second] = ['cjs', 'mjs'].map((type) => {
    const args = [join(fixtures, `loaded.${type}`), join(folder, `addon.${type}`)]
    return printed([...node, '--no-warnings', ...flags, ...args])
  }) as [Found, Found]
  assert.deepEqual(first, second)
  assert.equal(first.hasAddon, first.refusal === undefined)
  return first.refusal
}

interface Found {
  readonly hasAddon: boolean
  readonly refusal?: string
}

/** The JSON that a program prints. The program must print nothing else. */
function printed([program = '', ...args]: readonly string[]): unknown {
  const end = spawnSync(program, args, { encoding: 'utf8', env: cleanEnvironment() })
  assert.equal(end.stderr, '')
  return JSON.parse(end.stdout)
}

function refusalIn(directory: string): string {
  const found: LoadedAddon = loadAddon(machine, directory)
  assert.equal(found.addon, undefined)
  return found.refusal ?? ''
}
