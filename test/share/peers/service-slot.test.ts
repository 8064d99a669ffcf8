import assert from 'node:assert/strict'
import { hostname } from 'node:os'
import { describe, test } from 'node:test'
import { resolveSettings } from '../../../src/config/resolve/resolve.ts'
import { resourceOf } from '../../../src/config/resource.ts'
import type { Settings } from '../../../src/config/settings.ts'
import { type ServiceSlot, serviceSlotOf } from '../../../src/share/peers/service-slot.ts'

function slotOf(environment: Record<string, string> = {}): ServiceSlot {
  return serviceSlotOf(settingsOf(environment))
}

function settingsOf(environment: Record<string, string>): Settings {
  const resolution = resolveSettings({ environment, checksFiles: false })
  if (resolution.kind !== 'settings') throw new Error(JSON.stringify(resolution.faults))
  return resolution.settings
}

function withAttributes(text: string): ServiceSlot {
  return slotOf({ OTEL_RESOURCE_ATTRIBUTES: text })
}

describe('The service slot', () => {
  test('is the host, the address and the working directory without further settings', () => {
    assert.deepEqual(slotOf(), {
      service: `unknown_service:${process.argv0}`,
      host: hostname(),
      address: '0.0.0.0:9091',
      directory: process.cwd(),
      instance: undefined,
    })
  })

  test('has the address of the endpoint', () => {
    const tcp = { PROMETHEUS_BIND_ADDRESS: '127.0.0.1', PROMETHEUS_METRICS_PORT: '9999' }
    assert.equal(slotOf(tcp).address, '127.0.0.1:9999')
    assert.equal(slotOf({ PROMETHEUS_BIND_ADDRESS: 'unix:/s' }).address, 'unix:/s')
  })

  test('has the name and the instance from the resource attributes', () => {
    const { service, instance } = withAttributes(
      'service.name=a%20b, service.instance.id = i%2C1 ,x=y',
    )
    assert.deepEqual([service, instance], ['a b', 'i,1'])
  })

  test('has the service and the instance of target_info', () => {
    for (const text of ['service.name=a,service.instance.id=b', 'service.name=a,wrong', '']) {
      const settings = settingsOf({ OTEL_RESOURCE_ATTRIBUTES: text })
      const resource = resourceOf(settings)
      const { service, instance } = serviceSlotOf(settings)
      assert.deepEqual(
        [service, instance],
        [resource['service.name'], resource['service.instance.id']],
      )
    }
  })

  test('has a service also where the attribute is empty', () => {
    assert.equal(withAttributes('service.name=').service, 'unknown_service')
  })

  test('prefers the service name of OTEL_SERVICE_NAME', () => {
    const { service } = slotOf({
      OTEL_SERVICE_NAME: 's',
      OTEL_RESOURCE_ATTRIBUTES: 'service.name=other',
    })
    assert.equal(service, 's')
  })

  const texts: Record<string, string | undefined> = {
    'service.instance.id=a,service.instance.id=b': 'b',
    'service.instance.id=a=b': undefined,
    'service.instance.id=': undefined,
    'service.instance.id= ': undefined,
    'service.instance.id': undefined,
    'other=a': undefined,
    'service.instance.id=100%': undefined,
    'service.instance.id=a,wrong': undefined,
  }
  for (const [text, expected] of Object.entries(texts)) {
    test(`has the instance ${expected} of the resource attributes "${text}"`, () => {
      assert.equal(withAttributes(text).instance, expected)
    })
  }

  test('has an empty working directory where the directory has been removed', (context) => {
    context.mock.method(process, 'cwd', () => {
      throw new Error('ENOENT')
    })
    assert.equal(slotOf({ PROMETHEUS_BIND_ADDRESS: 'unix:/s' }).directory, '')
  })
})
