import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { test } from 'node:test'
import { codeBlocks } from '../support/code-blocks/code-block.ts'
import { kustomize } from '../support/deploy/programs.ts'
import { needed } from '../support/tools.ts'

const root = join(import.meta.dirname, '../..')

/** The block of YAML that names this file. */
function blockOf(document: string): string {
  const own = relative(root, import.meta.filename)
  const blocks = codeBlocks(join(root, document), document)
  return blocks.find(({ notes }) => notes['run-by'] === own)?.text ?? assert.fail(document)
}

test('The overlay in deploy/kubernetes/README.md renders with its images', async (context) => {
  const program = needed(context, kustomize())
  if (program === undefined) return
  const directory = await mkdtemp(join(tmpdir(), 'overlay-'))
  context.after(() => rm(directory, { recursive: true, force: true }))
  const text = blockOf('deploy/kubernetes/README.md')
  const here = text.replace('../gunicorn-prometheus-exporter', relative(directory, root))
  assert.notEqual(here, text)
  await writeFile(join(directory, 'kustomization.yaml'), here)
  const [command = '', ...args] = program.command
  const objects = execFileSync(command, [...args, directory], { encoding: 'utf8', timeout: 60_000 })
  const images = Array.from(objects.matchAll(/image: (\S+)/g), ([, image]) => image)
  assert.ok(images.includes('registry.example/shop:42'), `${images}`)
  assert.ok(images.some((image) => image?.startsWith('registry.example/gunicorn-prometheus-')))
  assert.match(objects, /namespace: shop/)
  const paths = Array.from(objects.matchAll(/ path: (\S+)/g), ([, path]) => path)
  assert.deepEqual(paths.sort(), ['/alive', '/healthz', '/ready', '/ready'])
  assert.match(objects, /- \/srv\/shop\/main\.js/)
})

test('The README of the chart shows the lines of a chart that includes the sidecar', () => {
  const text = blockOf('deploy/helm/gunicorn-prometheus-exporter/README.md')
  const folder = join(root, 'test/fixtures/helm/shop/templates')
  const template = readFileSync(join(folder, 'deployment.yaml'), 'utf8')
  const includes = text.split('\n').filter((line) => line.includes('{{'))
  assert.equal(includes.length, 5)
  for (const line of includes) assert.ok(template.includes(line), line)
})
