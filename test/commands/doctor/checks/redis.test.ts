import { judgeRedis } from '../../../../src/commands/doctor/checks/redis.ts'
import { table } from '../../../support/doctor/judgements.ts'

const redis = {
  version: '7.0.0',
  roundTripMs: 1,
  clockMs: 3,
  evictionPolicy: 'noeviction',
  maxMemoryBytes: 0,
  usedMemoryBytes: 1,
  refused: [],
  hidden: [],
}
const server = { lookedAt: 'Redis', settings: 'REDIS_HOST', user: 'default', prefix: 'gunicorn' }
const no = (name: string, error: string) => ({ ...redis, refused: [{ name, error }] })

table(
  'The check of Redis',
  (given: Parameters<typeof judgeRedis>[0]) => judgeRedis(given, server),
  [
    ['a good server', redis, ['ok']],
    ['a forbidden command', no('ZADD', "NOPERM … 'zadd' command"), ['redis-denied']],
    ['forbidden keys', no('SET', 'NOPERM No permissions to access a key'), ['redis-denied']],
    ['a replica', no('SET', "READONLY You can't write"), ['redis-read-only']],
    ['full memory', no('SET', 'OOM command not allowed'), ['redis-refuses']],
    ['a clock ahead', { ...redis, clockMs: 6_000 }, ['redis-clock']],
    ['a clock behind', { ...redis, clockMs: -6_000 }, ['redis-clock']],
    ['a slow server', { ...redis, roundTripMs: 150 }, ['redis-slow']],
    [
      'evictions',
      { ...redis, maxMemoryBytes: 100, evictionPolicy: 'allkeys-lru' },
      ['redis-evicts'],
    ],
    ['evictions without a limit', { ...redis, evictionPolicy: 'allkeys-lru' }, ['ok']],
    [
      'little memory',
      { ...redis, maxMemoryBytes: 100, usedMemoryBytes: 95 },
      ['redis-nearly-full'],
    ],
    ['hidden answers', { ...redis, hidden: ['INFO'] }, ['unknown']],
  ],
)
