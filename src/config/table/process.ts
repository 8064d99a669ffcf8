import { optional, optionalPath, pattern, refused, type SettingKind } from './kind.ts'
import { none, type SettingTable } from './setting.ts'

const topic = { topic: 'The master (`run`)' } as const

/** Settings of the processes that `run` starts. */
export interface ProcessSettings {
  /** The working directory. */
  readonly chdir: string | undefined
  /** Name or number of the workers' user. */
  readonly user: string | undefined
  readonly group: string | undefined
  /** Bits that new files do not get. */
  readonly umask: number | undefined
}

const account = optional(pattern(/^[\w.@][\w.@-]*\$?$/, 'a name or a number'))

/** The bits of a mode. */
export const octal: SettingKind<number> = {
  allowed: 'an octal number from 0 to 777',
  schema: { type: ['string', 'integer'] },
  parse: (text) =>
    /^(?:0o?)?[0-7]{1,3}$/.test(text) ? Number.parseInt(text.replace('o', ''), 8) : refused,
  shown: (value) => value.toString(8).padStart(4, '0'),
}

export const processTable: SettingTable<ProcessSettings> = {
  chdir: {
    ...topic,
    kind: optionalPath,
    ...none,
    env: ['GUNICORN_CHDIR'],
    keys: [],
    flag: { name: 'chdir', value: 'DIR' },
    help: 'working directory, where relative paths start',
  },
  user: {
    ...topic,
    kind: account,
    ...none,
    env: ['GUNICORN_USER'],
    keys: ['gunicorn.user'],
    flag: { name: 'user', short: 'u', value: 'USER' },
    help: 'user of the workers, a name or a number; needs root',
  },
  group: {
    ...topic,
    kind: account,
    ...none,
    fallbackText: 'the group of the user',
    env: ['GUNICORN_GROUP'],
    keys: ['gunicorn.group'],
    flag: { name: 'group', short: 'g', value: 'GROUP' },
    help: 'group of the workers, a name or a number; needs root',
  },
  umask: {
    ...topic,
    kind: optional(octal),
    ...none,
    env: ['GUNICORN_UMASK'],
    keys: ['gunicorn.umask'],
    flag: { name: 'umask', short: 'm', value: 'MASK' },
    help: 'umask of the master and the workers, an octal number',
  },
}
