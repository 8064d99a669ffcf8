import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { objectFaults } from '../../support/deploy/object-faults.ts'
import { workloadsIn } from '../../support/deploy/objects.ts'
import {
  allRenderings,
  overlayNames,
  type Rendering,
  valueFiles,
} from '../../support/deploy/renderings.ts'
import { needed } from '../../support/tools.ts'

const deploy = join(import.meta.dirname, '../../../deploy')

describe('In every overlay and every file of values,', () => {
  let renderings: ReturnType<typeof allRenderings> | undefined
  const all = (context: TestContext): readonly Rendering[] | undefined => {
    renderings ??= allRenderings()
    return needed(context, renderings)
  }
  for (const [title, faultsOf] of Object.entries(objectFaults)) {
    test(title, (context) => {
      const faults = all(context)?.flatMap(({ name, objects }) =>
        faultsOf(objects).map((fault) => `${name}: ${fault}`),
      )
      assert.deepEqual(faults ?? [], [])
    })
  }

  test('the page of a DaemonSet is limited to its node, and no other page is', (context) => {
    const workloads = all(context)?.flatMap(({ objects }) => workloadsIn(objects))
    if (!workloads) return
    assert.ok(workloads.some(({ kind }) => kind === 'DaemonSet'))
    for (const { kind, spec } of workloads) {
      const names = spec.template.spec.containers.flatMap(({ env = [] }) =>
        env.map((each) => each.name),
      )
      assert.equal(names.includes('SIDECAR_NODE_ONLY'), kind === 'DaemonSet')
    }
  })
})

for (const [file, names] of [
  ['kubernetes/README.md', overlayNames],
  ['helm/gunicorn-prometheus-exporter/README.md', valueFiles],
] as const) {
  test(`${file} names everything that is rendered here`, async () => {
    const text = await readFile(join(deploy, file), 'utf8')
    assert.deepEqual(
      names.filter((name) => !text.includes(`\`${name}\``)),
      [],
    )
  })
}
