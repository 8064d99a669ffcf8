import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { version } from '../../../../src/model/version.ts'
import { type Container, processStates, startContainer } from '../../../support/images/container.ts'
import { buildImage, type Image, imageTools } from '../../../support/images/image.ts'
import { eventually, fetchText, freePort } from '../../../support/programs/app.ts'
import { latestFirst } from '../../../support/programs/belongings.ts'
import { startMaster } from '../../../support/programs/master.ts'
import { children } from '../../../support/programs/namespaces.ts'
import { parsePage, select } from '../../../support/prometheus/page.ts'
import { startRedis } from '../../../support/redis/redis.ts'
import { installed, need } from '../../../support/tools.ts'

const dockerfile = 'deploy/docker/Dockerfile'
const node = '/usr/local/bin/node'
const maxMegabytes = 160

test('The image of the sidecar runs without root, on files that nobody can write', async (t) => {
  const context = latestFirst(t)
  if (need(t, imageTools()) === undefined) return
  const image = await buildImage(context, { dockerfile })
  const redis = await startRedis(context)
  if (redis === undefined) return
  const shared = { REDIS_ENABLED: 'true', REDIS_HOST: '127.0.0.1', REDIS_PORT: `${redis.port}` }
  const app = await startMaster({ options: ['--workers', '2'], env: shared })
  context.after(app.stop)
  const port = await freePort()
  const env = { ...shared, PROMETHEUS_METRICS_PORT: `${port}` }
  const sidecar = startContainer({ image, env })
  context.after(sidecar.stop)
  const url = `http://127.0.0.1:${port}`

  assert.equal(await eventually(() => fetchText(`${url}/healthz`)), 'ok\n')
  await eventually(() => fetchText(`${url}/readyz`))
  await eventually(async () => {
    const page = parsePage(await fetchText(`${url}/metrics`))
    assert.equal(select(page, 'gunicorn_worker_info').length, 2)
  })
  const attempt = 'try { fs.writeFileSync("/x", "") } catch ({ code }) { console.log(code) }'
  const { stdout } = sidecar.run([node, '--eval', `${attempt}; console.log(process.getuid())`])
  assert.equal(stdout, 'EROFS\n65532\n')

  const probe = image.healthCommand
  assert.deepEqual(sidecar.run(probe), { status: 0, stdout: '', stderr: '' })
  const [serve = 0] = children(sidecar.init())
  process.kill(serve, 'SIGSTOP')
  const silent = sidecar.run(probe)
  assert.match(silent.stderr, /healthz did not answer within 2000 ms/)
  assert.equal(silent.status, 1)
  process.kill(serve, 'SIGCONT')
  await eventually(() => assert.equal(sidecar.run(probe).status, 0))

  const begin = performance.now()
  process.kill(sidecar.init(), 'SIGTERM')
  assert.deepEqual(await sidecar.ended, { code: 0, signal: null }, sidecar.stderr())
  t.diagnostic(`serve ended ${Math.round(performance.now() - begin)} ms after SIGTERM`)
  assert.match(sidecar.stderr(), /Shutting down: Sidecar/)
})

test('PID 1 of the image reaps orphans; Node.js as PID 1 does not', async (t) => {
  const context = latestFirst(t)
  if (need(t, imageTools()) === undefined) return
  const image = await buildImage(context, { dockerfile })
  const env = { PROMETHEUS_METRICS_PORT: `${await freePort()}` }
  const command = ['serve', '--shared-dir', '/tmp']
  const withInit = startContainer({ image, command, env })
  context.after(withInit.stop)
  const reaped = await orphan(withInit)
  await eventually(() => assert.equal(processStates(withInit).get(reaped), undefined))

  const entryPoint = image.entryPoint.slice(image.entryPoint.indexOf(node))
  await withInit.stop()
  const withoutInit = startContainer({ image, entryPoint, command, env })
  context.after(withoutInit.stop)
  const left = await orphan(withoutInit)
  await eventually(() => assert.equal(processStates(withoutInit).get(left), 'Z'))
})

test('The image of the sidecar is small, has labels, and says what it holds', async (t) => {
  const context = latestFirst(t)
  if (need(t, imageTools()) === undefined) return
  const image = await buildImage(context, { dockerfile })
  t.diagnostic(`${image.megabytes} MB`)
  assert.ok(image.megabytes > 50 && image.megabytes < maxMegabytes, `${image.megabytes} MB`)
  assert.equal(image.user, '65532:65532')
  assert.equal(image.labels['org.opencontainers.image.version'], version)
  assert.deepEqual(shellsOf(image), [])

  const file = join(image.root, 'usr/share/sbom/bill-of-materials.cdx.json')
  const bill = JSON.parse(readFileSync(file, 'utf8')) as Bill
  const purls = bill.components.map(({ purl }) => purl.replace(/\?.*/, ''))
  assert.equal(bill.metadata.component.version, version)
  assert.equal(new Set(purls).size, purls.length)
  const packages = readdirSync(join(image.root, 'var/lib/dpkg/status.d'))
  assert.deepEqual(packages.sort(), ['libc6', 'libgcc-s1', 'libstdc++6', 'tini'])
  for (const each of [...packages.map((name) => `pkg:deb/debian/${name}@`), 'pkg:generic/node@']) {
    assert.ok(
      purls.some((purl) => purl.startsWith(each)),
      each,
    )
  }
  const installedPackages = npmPackages(join(image.root, 'opt/exporter/node_modules'))
  const named = purls.filter((purl) => purl.startsWith('pkg:npm/'))
  assert.deepEqual(named.sort(), installedPackages.sort())
})

test('The image for arm64 has the programs of arm64', async (t) => {
  const context = latestFirst(t)
  if (need(t, imageTools()) === undefined) return
  const image = await buildImage(context, { dockerfile, platform: 'linux/arm64' })
  t.diagnostic(`${image.megabytes} MB`)
  assert.equal(image.architecture, 'arm64')
  const libraries = join('usr/lib/aarch64-linux-gnu')
  const files = readdirSync(join(image.root, libraries)).map((name) => join(libraries, name))
  assert.ok(files.some((name) => name.endsWith('ld-linux-aarch64.so.1')))
  const programs = ['usr/local/bin/node', 'usr/bin/tini-static', ...files]
  assert.deepEqual(
    programs.filter((name) => machineOf(join(image.root, name)) !== aarch64),
    [],
  )
  const emulator = need(t, installed('qemu-aarch64-static', ['--version']))
  if (emulator === undefined) return
  const cli = join(
    image.root,
    'opt/exporter/node_modules/gunicorn-prometheus-exporter/dist/cli.cjs',
  )
  const command = ['-L', image.root, join(image.root, 'usr/local/bin/node'), cli, '--version']
  const { stdout, stderr } = spawnSync(emulator, command, { encoding: 'utf8', timeout: 120_000 })
  assert.equal(stdout, `${version}\n`, stderr)
})

/** The number of the architecture in an ELF file. */
const aarch64 = 183

interface Bill {
  readonly metadata: { readonly component: { readonly version: string } }
  readonly components: readonly { readonly purl: string }[]
}

/** Makes a process whose parent ends first. @returns its pid inside. */
async function orphan(container: Container): Promise<number> {
  const inner = 'setTimeout(() => {}, 300)'
  const spawning =
    `const { pid } = child_process.spawn(process.execPath, ["--eval", ${JSON.stringify(inner)}],` +
    ' { detached: true, stdio: "ignore" }); console.log(pid); process.exit()'
  return await eventually(() => {
    const { stdout, stderr } = container.run([node, '--eval', spawning])
    assert.match(stdout, /^\d+\n$/, stderr)
    return Number(stdout)
  })
}

function shellsOf({ root }: Image): string[] {
  const folders = ['usr/bin', 'usr/local/bin']
  const names = folders.flatMap((folder) => readdirSync(join(root, folder)))
  return names.filter((name) => !['node', 'tini-static'].includes(name))
}

function npmPackages(folder: string): string[] {
  const names = readdirSync(folder).flatMap((name) =>
    name.startsWith('@') ? readdirSync(join(folder, name)).map((each) => join(name, each)) : [name],
  )
  return names
    .filter((name) => !name.startsWith('.'))
    .map((name) => {
      const text = readFileSync(join(folder, name, 'package.json'), 'utf8')
      const manifest = JSON.parse(text) as { readonly version: string }
      return `pkg:npm/${name.replace('@', '%40')}@${manifest.version}`
    })
}

function machineOf(path: string): number {
  const header = Buffer.alloc(20)
  const file = openSync(path, 'r')
  readSync(file, header)
  closeSync(file)
  return header.readUInt16LE(18)
}
