import { judgeDirectory } from '../../../../src/commands/doctor/checks/directories.ts'
import { table } from '../../../support/doctor/judgements.ts'

const directory = {
  setting: 'DIR',
  path: '/d',
  uid: 5,
  isThere: true,
  nearest: '/d',
  refusal: undefined,
  isUnsafe: false,
  isStateInMemory: false,
  freeBytes: 1e9,
  freeEntries: 1e6,
}

table('The check of a directory', judgeDirectory, [
  ['a good directory', directory, ['ok']],
  ['no rights', { ...directory, refusal: 'EACCES' }, ['directory-unwritable']],
  ['a read-only system', { ...directory, refusal: 'EROFS' }, ['directory-unwritable']],
  ['nothing', { ...directory, refusal: 'EACCES', isThere: false }, ['directory-missing']],
  ['another owner', { ...directory, isUnsafe: true }, ['directory-unsafe']],
  ['totals in memory', { ...directory, isStateInMemory: true }, ['state-in-memory']],
  ['little space', { ...directory, freeBytes: 1_000 }, ['directory-full']],
  ['few entries', { ...directory, freeEntries: 3 }, ['directory-full']],
  ['a system without entries', { ...directory, freeEntries: undefined }, ['ok']],
])
