// Bug: the refusal of a setting quoted its value. The value of a setting that is no secret can hold
// a password, for example in a URL.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Resolution, resolveSettings } from '../../src/config/resolve/resolve.ts'
import { sentencesOf } from '../support/config/sentences.ts'

type Environment = Record<string, string | undefined>

test('A refused value with a password is not quoted', () => {
  const resolution = resolvedInUse({
    REDIS_HOST: 'redis://u:hunter2,hunter2@h:6379',
    REDIS_SENTINELS: 'a:1,:hunter2@h:26379',
    PROMETHEUS_BIND_ADDRESS: 'u:hunter2@hunter2@h',
  })
  assert.ok(resolution.kind === 'faults')
  // And Sentinels without the name of a master.
  assert.equal(resolution.faults.length, 4)
  assert.doesNotMatch(JSON.stringify(resolution.faults), /hunter2/)
  assert.match(sentencesOf(resolution.faults).join(), /REDIS_SENTINELS is "\*\*\*@h:26379"/)
})

test("A refused setting of the endpoint's access is not quoted", () => {
  const resolution = resolved({
    PROMETHEUS_AUTH_USERNAME: 'admin:hunter2',
    PROMETHEUS_PROBES_OPEN: 'hunter2',
  })
  assert.ok(resolution.kind === 'faults')
  assert.doesNotMatch(JSON.stringify(resolution), /hunter2/)
  assert.deepEqual(sentencesOf(resolution.faults), [
    'PROMETHEUS_AUTH_USERNAME is not shown (it can contain a secret); ' +
      'allowed is a text of one line without a colon.',
    'PROMETHEUS_PROBES_OPEN is not shown (it can contain a secret); allowed is true or false.',
    'PROMETHEUS_AUTH_PASSWORD is not given; a user name requires a password.',
  ])
})

function resolved(environment: Environment): Resolution {
  return resolveSettings({ environment })
}

/** Resolves with Redis in use, so that no variable is idle. */
function resolvedInUse(environment: Environment): Resolution {
  return resolveSettings({ environment: { REDIS_ENABLED: 'true', ...environment }, command: 'run' })
}
