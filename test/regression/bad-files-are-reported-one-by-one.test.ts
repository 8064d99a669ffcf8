// Bug: unreadable files were reported only after all settings agreed. Users had to start the
// application once per fault.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type Resolution, resolveSettings } from '../../src/config/resolve/resolve.ts'
import { sentencesOf } from '../support/config/sentences.ts'

const directory = mkdtempSync(join(tmpdir(), 'rules-'))

const tls = join(import.meta.dirname, '../fixtures/tls')

const key = join(tls, 'localhost.key')

const missing = join(directory, 'missing')

type Environment = Readonly<Record<string, string>>

const user = { PROMETHEUS_AUTH_USERNAME: 'u' }

const redis = { REDIS_ENABLED: 'true' }

after(() => rmSync(directory, { recursive: true }))

test('Bad files and settings that contradict each other are refused at once', () => {
  const environment = {
    ...user,
    ...redis,
    REDIS_PASSWORD_FILE: missing,
    PROMETHEUS_SSL_CERTFILE: missing,
    PROMETHEUS_SSL_KEYFILE: key,
  }
  assert.deepEqual(
    faultsOf(resolved(environment)).map((fault) => fault.split(' ')[0]),
    ['PROMETHEUS_AUTH_PASSWORD', 'REDIS_PASSWORD_FILE', 'PROMETHEUS_SSL_CERTFILE'],
  )
})

function resolved(environment: Environment): Resolution {
  return resolveSettings({ environment, checksFiles: true })
}

function faultsOf(resolution: Resolution): readonly string[] {
  return resolution.kind === 'faults' ? sentencesOf(resolution.faults) : []
}
