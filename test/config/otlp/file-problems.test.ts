import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import {
  assertFault,
  type Environment,
  nothing,
  prefix,
  told,
} from '../../support/config/otlp-problems.ts'
import {
  type Authority,
  authorityIn,
  scratchDirectory,
} from '../../support/endpoint/certificates.ts'

const directory = scratchDirectory()
const missing = join(directory, 'missing')

describe('check finds a fault in the files of TLS', () => {
  let authority: Authority
  let other: ReturnType<Authority['issue']>
  const https = { ENDPOINT: 'https://collector:4318' }
  const pathsOf = { CERTIFICATE: 'certfile', CLIENT_CERTIFICATE: 'certfile', CLIENT_KEY: 'keyfile' }
  const files = (): Environment => {
    const entries = Object.entries(pathsOf) as [string, 'certfile' | 'keyfile'][]
    return Object.fromEntries(entries.map(([name, path]) => [name, authority[path]]))
  }
  before(() => {
    authority = authorityIn(directory)
    other = authority.issue('other')
  })

  for (const name of Object.keys(pathsOf)) {
    test(`${name} that is missing`, () => {
      assertFault({ ...https, ...files(), [name]: missing }, /is ".*missing": ENOENT/)
      assertFault({ ...https, ...files(), [`METRICS_${name}`]: missing }, /OTLP_METRICS_.*: ENOENT/)
    })

    test(`${name} with another content`, () => {
      const path = join(directory, `${name}.txt`)
      writeFileSync(path, 'no PEM')
      assertFault({ ...https, ...files(), [name]: path }, new RegExp(`_${name} is ".*": .*\\.$`))
    })

    test(`${name} that is a directory`, () => {
      assertFault({ ...https, ...files(), [name]: directory }, /is not a regular file\.$/)
    })

    test(`${name} with the text of a file in place of its path, and shows no text`, () => {
      const text = readFileSync(authority.keyfile, 'utf8')
      assertFault(
        { ...https, ...files(), [name]: text },
        `${name} is not shown (it can contain a private key); allowed is a file that can be used.`,
      )
    })
  }

  test('a key without its certificate, and a certificate without its key', () => {
    const { CLIENT_KEY: key = '', CLIENT_CERTIFICATE: certificate = '' } = files()
    assertFault(
      { ...https, METRICS_CLIENT_KEY: key },
      'METRICS_CLIENT_CERTIFICATE is not given; ' +
        `${prefix}METRICS_CLIENT_KEY requires the other file.`,
    )
    assertFault(
      { ...https, CLIENT_CERTIFICATE: certificate },
      `CLIENT_KEY is not given; ${prefix}CLIENT_CERTIFICATE requires the other file.`,
    )
  })

  test('a key of another certificate', () => {
    assertFault({ ...https, ...files(), CLIENT_KEY: other.keyfile }, /do not go together: .*\.$/)
  })

  test('or only warns where the connection has no TLS', () => {
    const { warnings, ...others } = told({ ENDPOINT: 'http://c:4318', CERTIFICATE: missing })
    assert.deepEqual(others, { faults: [], notes: [] })
    assert.match(warnings.join(), /ENOENT.* It is ignored\.$/)
  })

  test('and none in good files', () => {
    assert.deepEqual(told({ ...https, ...files() }), nothing)
  })
})
