import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { detectorNames, detectorVariables } from '../../../src/config/otlp/detectors.ts'

describe('The names of resource detectors', () => {
  test('are the given names', () => {
    assert.deepEqual(detectorNames(['host', 'gcp']), ['host', 'gcp'])
  })

  test('are all names for all, whatever else is given', () => {
    const all = detectorNames(['none', 'all'])
    assert.deepEqual(all.slice(0, 6), [
      'env',
      'host',
      'os',
      'process',
      'serviceinstance',
      'container',
    ])
    assert.deepEqual(all.slice(6), ['alibaba', 'aws', 'azure', 'gcp'])
  })

  test('are no names for none', () => {
    assert.deepEqual(detectorNames(['host', 'none']), [])
  })
})

describe('The variables of resource detectors', () => {
  const environment = {
    AWS_REGION: 'eu-central-1',
    ECS_CONTAINER_METADATA_URI_V4: 'http://169.254.170.2/v4',
    WEBSITE_SITE_NAME: 'shop',
    K_SERVICE: 'shop',
    AWS_SECRET_ACCESS_KEY: 'hunter2',
    DATABASE_PASSWORD: 'hunter2',
  }

  test('are those of the named detectors', () => {
    const { AWS_REGION, ECS_CONTAINER_METADATA_URI_V4, K_SERVICE } = environment
    assert.deepEqual(detectorVariables(['aws', 'gcp'], environment), {
      AWS_REGION,
      ECS_CONTAINER_METADATA_URI_V4,
      K_SERVICE,
    })
  })

  test('are none for detectors without a package or without variables', () => {
    assert.deepEqual(detectorVariables(['host', 'container', 'alibaba'], environment), {})
  })

  test('are no secrets for any detector', () => {
    const names = Object.keys(detectorVariables(detectorNames(['all']), environment))
    assert.deepEqual(
      names.filter((name) => /SECRET|PASSWORD/.test(name)),
      [],
    )
    assert.equal(names.length, 4)
  })
})
