import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { emulatedNode, installedNode, muslNode, type NodeCommand } from '../support/native/nodes.ts'
import { needed } from '../support/tools.ts'

/*
 * Real programs load the prebuilt addon. One process counts in memory of the other, and is killed.
 */

const root = join(import.meta.dirname, '../..')
const program = join(root, 'test/fixtures/native/killed-worker.cjs')
const nodes: readonly (readonly [version: string, addon: string, node: () => NodeCommand])[] = [
  ...['20.19.0', '22.13.0', '24.21.0', '26.10.0'].map(
    (version) => [version, 'linux-x64', () => installedNode(version)] as const,
  ),
  ['24.19.0 with musl', 'linux-x64', () => muslNode('24.19.0')],
  ['24.21.0 in an emulator', 'linux-arm64', () => emulatedNode('24.21.0')],
]

// The emulator and the packages are those of a machine with x64.
const skip = process.platform === 'linux' && process.arch === 'x64' ? false : 'needs Linux on x64'

describe('The prebuilt addon', { skip }, () => {
  for (const [name, addon, find] of nodes) {
    test(`of ${addon} keeps the counts of a killed process of Node.js ${name}`, (context) => {
      const found = needed(context, find())
      if (!found) return
      const [file = '', ...args] = found.command
      const path = join(root, 'native/prebuilt', `${addon}.node`)
      const end = spawnSync(file, [...args, program, path, ...found.command], { encoding: 'utf8' })
      assert.equal(end.stderr, '')
      assert.deepEqual(JSON.parse(end.stdout), {
        node: name.split(' ')[0],
        machine: addon,
        signal: 'SIGKILL',
        count: 1_000_000,
        truncated: 'EPERM',
        file: '22',
        size: 'the memory has another size',
        mapped: 1_000_000,
      })
    })
  }
})
