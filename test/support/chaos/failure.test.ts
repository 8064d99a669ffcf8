import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { attribute, type Failure } from './failure.ts'

const failure: Failure = {
  client: 'HTTP/1',
  error: 'socket hang up',
  pid: undefined,
  localPort: 5,
  startedAt: 10_000,
  failedAt: 12_000,
}
const kill = { pid: 7, at: 11_000, clients: new Set([5]) }

describe('A failed request of the chaos test', () => {
  it('belongs to the killed worker that has answered on the connection', () => {
    assert.equal(attribute({ ...failure, pid: 7 }, [kill]), 'held')
  })

  it('is our own where another worker has answered on the connection', () => {
    assert.equal(attribute({ ...failure, pid: 8 }, [kill]), 'own')
  })

  it('belongs to the killed worker that held the connection', () => {
    assert.equal(attribute(failure, [kill]), 'held')
  })

  it('was under way where a worker without the connection was killed', () => {
    assert.equal(attribute({ ...failure, localPort: 6 }, [kill]), 'under way')
  })

  it('was refused where the server has not processed the stream', () => {
    const error = 'Stream closed with error code NGHTTP2_REFUSED_STREAM'
    assert.equal(attribute({ ...failure, error }, [kill]), 'refused')
  })

  it('is our own where no worker was killed at this time', () => {
    assert.equal(
      attribute(failure, [
        { ...kill, at: 6_000 },
        { ...kill, at: 16_000 },
      ]),
      'own',
    )
  })
})
