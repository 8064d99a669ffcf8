import type { ConnectionSettings } from '../../../src/share/redis/redis-settings.ts'

/** Settings for one Redis without a password. */
export const connection: ConnectionSettings = {
  topology: { kind: 'standalone', node: { host: '127.0.0.1', port: 6_379 } },
  db: 0,
  username: undefined,
  password: undefined,
  hasTls: false,
  cafile: undefined,
  certfile: undefined,
  keyfile: undefined,
}
