import assert from 'node:assert/strict'
import { readFileSync, statSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { test } from 'node:test'
import { resolveSettings } from '../../../deploy/compose/load/settings.js'
import { version } from '../../../src/model/version.ts'
import {
  composeChecker,
  composeFolder,
  loadCompose,
  type Service,
} from '../../support/compose/compose-file.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'
import { need } from '../../support/tools.ts'

const files = ['compose.yml', 'compose.minimal.yml']

test('Compose loads both files', (context) => {
  const checker = need(context, composeChecker())
  if (checker === undefined) return
  const [full, minimal] = files.map((file) => Object.keys(loadCompose(checker, file)).sort())
  const own = ['application-1', 'application-2', 'grafana', 'load', 'prometheus']
  assert.deepEqual(minimal, own)
  assert.deepEqual(full, [...own, 'collector', 'exporter', 'redis'].sort())
})

test('Compose refuses a file with a wrong key', async (context) => {
  const checker = need(context, composeChecker())
  if (checker === undefined) return
  const directory = await temporaryDirectory(context)
  const text = readFileSync(join(composeFolder, 'compose.yml'), 'utf8')
  await writeFile(join(directory, 'wrong.yml'), text.replace('healthcheck:', 'healthchek:'))
  const file = relative(composeFolder, join(directory, 'wrong.yml'))
  assert.throws(() => loadCompose(checker, file), /healthchek/)
})

for (const file of files) {
  test(`Services of ${file} have few rights and little memory`, (context) => {
    const checker = need(context, composeChecker())
    if (checker === undefined) return
    for (const [name, service] of Object.entries(loadCompose(checker, file))) {
      assert.deepEqual(faultsOf(service), [], name)
    }
  })

  test(`Files that ${file} mounts exist`, (context) => {
    const checker = need(context, composeChecker())
    if (checker === undefined) return
    for (const { volumes = [], build } of Object.values(loadCompose(checker, file))) {
      for (const volume of volumes.filter(({ type }) => type === 'bind')) {
        assert.ok(statSync(volume.source).isFile() || statSync(volume.source).isDirectory())
        assert.equal(volume.read_only, true, volume.target)
      }
      if (build) assert.ok(statSync(join(build.context, build.dockerfile)).isFile())
    }
  })

  test(`Each image of ${file} is built by one service, and never pulled`, (context) => {
    const checker = need(context, composeChecker())
    if (checker === undefined) return
    const services = Object.values(loadCompose(checker, file))
    const built = services.filter(({ build }) => build).map(({ image }) => image)
    assert.deepEqual(built, [...new Set(built)])
    for (const { image, build, pull_policy: policy } of services.filter((each) =>
      isOwn(each.image),
    )) {
      assert.ok(built.includes(image), `${image} is not built`)
      assert.ok(build !== undefined || policy === 'never', `${image} would be pulled`)
    }
  })

  test(`Services of ${file} wait for the services that they need`, (context) => {
    const checker = need(context, composeChecker())
    if (checker === undefined) return
    const services = loadCompose(checker, file)
    for (const { depends_on: needed = {} } of Object.values(services)) {
      for (const [name, { condition }] of Object.entries(needed)) {
        assert.equal(condition, 'service_healthy')
        const { healthcheck, image = '' } = services[name] ?? {}
        assert.ok(healthcheck ?? isOwn(image), `${name} has no health check`)
      }
    }
  })
}

test('Settings of the load come from the environment of compose', (context) => {
  const checker = need(context, composeChecker())
  if (checker === undefined) return
  const env = { LOAD_RATE: '50', LOAD_FAULT_EVERY_SECONDS: '0' }
  const { load } = loadCompose(checker, 'compose.yml', env)
  const { targets, rate, faultEverySeconds } = resolveSettings(load?.environment ?? {})
  assert.deepEqual(
    targets.map(({ host }) => host),
    ['application-1:8000', 'application-2:8000'],
  )
  assert.deepEqual([rate, faultEverySeconds], [50, 0])
})

test('Both files have the same application, load, Prometheus and Grafana', (context) => {
  const checker = need(context, composeChecker())
  if (checker === undefined) return
  const [full, minimal] = files.map((file) => loadCompose(checker, file))
  assert.deepEqual(minimal?.['grafana'], full?.['grafana'])
  assert.deepEqual(minimal?.['load'], full?.['load'])
  for (const name of ['application-1', 'application-2']) {
    const { depends_on: _needed, ...application } = full?.[name] ?? ({} as Service)
    const { REDIS_ENABLED: _enabled, REDIS_HOST: _host, ...rest } = application.environment ?? {}
    assert.deepEqual(minimal?.[name], { ...application, environment: rest })
  }
  assert.equal(minimal?.['prometheus']?.image, full?.['prometheus']?.image)
})

/** An image of this repository. All but that of the load have a HEALTHCHECK. */
function isOwn(image: string): boolean {
  return image.startsWith('gunicorn-prometheus-exporter')
}

function faultsOf(service: Service): string[] {
  const { image, ports = [], security_opt: options, cap_drop: dropped } = service
  const [name = '', tag = ''] = image.split(':')
  const rules: readonly (readonly [good: boolean, fault: string])[] = [
    [service.read_only === true, 'can write its files'],
    [dropped?.join() === 'ALL', 'has capabilities'],
    [options?.join() === 'no-new-privileges:true', 'can get privileges'],
    [Number(service.mem_limit) > 0 && Number(service.mem_limit) <= 2 ** 30, 'has no memory limit'],
    [(service.cpus ?? 0) > 0, 'has no limit of CPU'],
    [ports.every((port) => port.host_ip === '127.0.0.1'), 'is open to other machines'],
    [isOwn(image) ? tag === version : /^v?\d+\.\d+/.test(tag), `has the tag ${tag}`],
    [!name.split('/')[0]?.includes('.'), 'names a registry'],
    [isOwn(image) || service.build === undefined, 'is built'],
  ]
  return rules.flatMap(([isGood, fault]) => (isGood ? [] : [fault]))
}
