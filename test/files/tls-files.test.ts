import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { assertPair, readCertificate, readPrivateKey } from '../../src/files/tls-files.ts'
import { scratchDirectory } from '../support/endpoint/certificates.ts'

const directory = scratchDirectory()
const tls = join(import.meta.dirname, '../fixtures/tls')
const [certfile, keyfile] = [join(tls, 'localhost.crt'), join(tls, 'localhost.key')]
const { privateKey: rsa } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
const { privateKey: ec } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const passPhrase = { cipher: 'aes-256-cbc', passphrase: 'secret' }

function file(name: string, text: string | Buffer): string {
  const path = join(directory, name)
  writeFileSync(path, text)
  return path
}

const garbage = file('garbage', 'no PEM')

describe('The files of TLS', () => {
  test('are a certificate and its key', () => {
    assert.match(readCertificate(certfile).subjectAltName ?? '', /localhost/)
    assert.equal(readPrivateKey(keyfile).type, 'private')
    assertPair(certfile, keyfile)
  })

  for (const key of [rsa, ec]) {
    test(`can have a key of another certificate, of the type ${key.asymmetricKeyType}`, () => {
      const path = file('other', key.export({ type: 'pkcs8', format: 'pem' }))
      const message = 'the key is of another certificate'
      assert.throws(() => assertPair(certfile, path), { message })
    })
  }

  test('can have no certificate, and no key', () => {
    assert.throws(() => readCertificate(garbage), { message: 'the file has no certificate in PEM' })
    assert.throws(() => readPrivateKey(garbage), { message: 'the file has no private key in PEM' })
    assert.throws(() => readPrivateKey(certfile), /no private key/)
  })

  for (const type of ['pkcs1', 'pkcs8'] as const) {
    test(`can have a key with a pass phrase, in ${type}`, () => {
      const text = rsa.export({ type, format: 'pem', ...passPhrase })
      const message = 'the key has a pass phrase'
      assert.throws(() => readPrivateKey(file(type, text)), { message })
    })
  }

  test('can be missing', () => {
    for (const read of [readCertificate, readPrivateKey]) {
      assert.throws(() => read(join(directory, 'missing')), { code: 'ENOENT' })
    }
  })
})
