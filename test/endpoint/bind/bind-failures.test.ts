import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Address } from '../../../src/endpoint/bind/address.ts'
import { BindFailures } from '../../../src/endpoint/bind/bind-failures.ts'
import { codeOf } from '../../../src/model/errors/coded-error.ts'
import { names } from '../../support/endpoint/endpoint.ts'

const port: Address = { kind: 'tcp', host: '10.0.0.1', port: 80 }
const socket: Address = { kind: 'unix', path: '/run/app/metrics.sock' }

function failure(code: string | undefined): Error {
  return Object.assign(new Error(`listen ${code}`), code === undefined ? {} : { code })
}

describe('BindFailures explains', () => {
  const rows: readonly (readonly [address: Address, code: string, text: string])[] = [
    [
      port,
      'EADDRINUSE',
      'port 80 at 10.0.0.1 is taken by nginx, pid 7 (EADDRINUSE). ' +
        'End that process, or set PORT to another port.',
    ],
    [
      port,
      'EACCES',
      'this user may not listen on port 80 (EACCES). ' +
        'Set PORT to a port from 1024, or give the program the capability CAP_NET_BIND_SERVICE.',
    ],
    [
      port,
      'EADDRNOTAVAIL',
      'this host has no address 10.0.0.1 (EADDRNOTAVAIL). ' +
        'Set ADDRESS to an address of this host, or to 0.0.0.0 for all addresses.',
    ],
    [
      port,
      'EAFNOSUPPORT',
      'this host cannot listen at 10.0.0.1 (EAFNOSUPPORT). ' +
        'Set ADDRESS to another address, for example 0.0.0.0.',
    ],
    [
      port,
      'ENOTFOUND',
      'the host name 10.0.0.1 has no address (ENOTFOUND). ' + 'Set ADDRESS to an IP address.',
    ],
    [
      port,
      'EAI_AGAIN',
      'the host name 10.0.0.1 has no address (EAI_AGAIN). ' + 'Set ADDRESS to an IP address.',
    ],
    [port, 'EMFILE', 'listen EMFILE. See ADDRESS and PORT.'],
    [
      socket,
      'EADDRINUSE',
      'the socket /run/app/metrics.sock is taken by nginx, pid 7 (EADDRINUSE). ' +
        'End that process, or set ADDRESS to another path.',
    ],
    [
      socket,
      'ENOTSOCK',
      '/run/app/metrics.sock exists and is not a socket. ' +
        'Remove the file, or set ADDRESS to another path.',
    ],
    [
      socket,
      'ENOENT',
      'the directory /run/app does not exist (ENOENT). ' +
        'Make the directory, or set ADDRESS to another path.',
    ],
    [
      { kind: 'unix', path: '/proc/metrics.sock' },
      'EACCES',
      'this user may not make a socket in /proc (EACCES). ' +
        'Let the user write to the directory, or set ADDRESS to another path.',
    ],
    [
      socket,
      'ENOTDIR',
      '/run/app is not a directory (ENOTDIR). ' +
        'Remove the file, or set ADDRESS to another path.',
    ],
  ]
  for (const [address, code, text] of rows) {
    test(`${code} of ${address.kind}, with the setting and a remedy`, () => {
      const holderOf = () => ({ pid: 7, name: 'nginx' })
      const error = failure(code)
      const explained = new BindFailures({ address, names, holderOf }).explained(error)
      assert.equal(explained.message, text)
      assert.match(codeOf(explained) ?? '', /^GPE_/)
      assert.equal(explained.cause, error)
    })
  }

  const codes = [
    [port, 'EADDRINUSE', 'GPE_PORT_IN_USE'],
    [port, 'EACCES', 'GPE_LISTEN_FORBIDDEN'],
    [port, 'EAI_AGAIN', 'GPE_ADDRESS_UNAVAILABLE'],
    [port, 'EMFILE', 'GPE_LISTEN_FAILED'],
    [socket, 'ENOTSOCK', 'GPE_SOCKET_PATH'],
    [socket, 'EACCES', 'GPE_SOCKET_PATH'],
    [{ kind: 'unix', path: '/proc/metrics.sock' }, 'EACCES', 'GPE_LISTEN_FORBIDDEN'],
  ] as const
  for (const [address, given, code] of codes) {
    test(`${given} of ${address.kind} by the code ${code}, outside the message`, () => {
      const holderOf = () => undefined
      const explained = new BindFailures({ address, names, holderOf }).explained(failure(given))
      assert.equal(codeOf(explained), code)
      assert.doesNotMatch(explained.message, /GPE_/)
    })
  }

  test('a taken port without a known holder, and by the process itself', () => {
    const unknown = new BindFailures({ address: port, names, holderOf: () => undefined })
    assert.match(
      unknown.explained(failure('EADDRINUSE')).message,
      /is taken \(EADDRINUSE\)\. End the process that has the port, or set PORT/,
    )
    const holderOf = () => ({ pid: process.pid, name: 'node' })
    const own = new BindFailures({ address: port, names, holderOf })
    assert.match(
      own.explained(failure('EADDRINUSE')).message,
      /taken by this process itself, pid \d+ .*Let the application listen elsewhere, or set PORT/,
    )
    const nameless = new BindFailures({
      address: port,
      names,
      holderOf: () => ({ pid: 7, name: '' }),
    })
    assert.match(nameless.explained(failure('EADDRINUSE')).message, /taken by a process, pid 7 /)
  })

  test('no error without a code, such as the error of a certificate', () => {
    const error = failure(undefined)
    assert.equal(new BindFailures({ address: port, names }).explained(error), error)
  })
})

test('BindFailures looks for the holder once until the failure changes', () => {
  let searches = 0
  const holderOf = (): undefined => {
    searches += 1
    return undefined
  }
  const failures = new BindFailures({ address: port, names, holderOf })
  for (let count = 0; count < 3; count += 1) failures.explained(failure('EADDRINUSE'))
  assert.equal(searches, 1)
  failures.explained(failure('EACCES'))
  failures.explained(failure('EADDRINUSE'))
  assert.equal(searches, 2)
  failures.reset()
  failures.explained(failure('EADDRINUSE'))
  assert.equal(searches, 3)
})
