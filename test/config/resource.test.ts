import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { defaultResource, detectResources, envDetector } from '@opentelemetry/resources'
import { resourceOf } from '../../src/config/resource.ts'

/* OTel's own resource is the oracle. */
const cases: readonly (readonly [name: string | undefined, attributes: string | undefined])[] = [
  [undefined, undefined],
  ['shop', undefined],
  [undefined, 'service.name=shop,deployment.environment.name=test'],
  ['name', 'service.name=attribute'],
  [undefined, 'a=b%20c, d = e ,,'],
  [undefined, 'a%2Cb=c%3Dd'],
  [undefined, 'a='],
  [undefined, 'good=1,=2'],
  [undefined, 'good=1,bad'],
  [undefined, 'good=1,bad=2=3'],
  [undefined, 'good=1,bad=%E0%A4%A'],
  [undefined, `good=1,long=${'x'.repeat(255)}`],
  [undefined, `good=1,long=${'x'.repeat(256)}`],
  [undefined, 'k8s.node.name=other'],
]

describe('resourceOf matches OTel’s resource for', () => {
  for (const [serviceName, resourceAttributes] of cases) {
    test(`The service name ${serviceName} with the attributes ${resourceAttributes}`, () => {
      set('OTEL_SERVICE_NAME', serviceName)
      set('OTEL_RESOURCE_ATTRIBUTES', resourceAttributes)
      const detected = detectResources({ detectors: [envDetector] })
      const { 'telemetry.sdk.version': _version, ...expected } =
        defaultResource().merge(detected).attributes
      assert.deepEqual(
        resourceOf({ serviceName, resourceAttributes, nodeName: undefined }),
        expected,
      )
    })
  }
})

test('resourceOf takes the node of Kubernetes, unless an attribute names another', () => {
  const settings = { serviceName: undefined, resourceAttributes: undefined, nodeName: 'node-7' }
  assert.equal(resourceOf(settings)['k8s.node.name'], 'node-7')
  const named = { ...settings, resourceAttributes: 'k8s.node.name=other' }
  assert.equal(resourceOf(named)['k8s.node.name'], 'other')
})

test('resourceOf names a program without a name', () => {
  const settings = { serviceName: undefined, resourceAttributes: undefined, nodeName: undefined }
  assert.equal(resourceOf(settings, '')['service.name'], 'unknown_service')
})

function set(name: string, value: string | undefined): void {
  if (value === undefined) Reflect.deleteProperty(process.env, name)
  else process.env[name] = value
}
