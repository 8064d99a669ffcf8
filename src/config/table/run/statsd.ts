import { inRange, optional, pattern, refused, type SettingKind } from '../kind.ts'
import { none, type SettingTable } from '../setting.ts'

const topic = { topic: 'The master (`run`)' } as const

/** The receiver of StatsD. */
interface StatsdAddress {
  readonly host: string
  readonly port: number
}

/** Settings of StatsD. */
export interface StatsdTableSettings {
  readonly statsdHost: StatsdAddress | undefined
  readonly statsdPrefix: string
  readonly dogstatsdTags: string
}

const defaultPort = 8125

const address: SettingKind<StatsdAddress> = {
  allowed: 'HOST or HOST:PORT, an IPv6 host in brackets',
  schema: { type: 'string' },
  parse: (text) => {
    const [, ip, name, digits] = /^(?:\[([\da-f:.]+)\]|([\w.-]+))(?::(\d{1,5}))?$/i.exec(text) ?? []
    const host = ip ?? name
    const port = inRange(Number(digits ?? defaultPort), 1, 65_535)
    return host === undefined || port === refused ? refused : { host, port }
  },
  shown: ({ host, port }) => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`),
  wrongPart: (text) =>
    text.startsWith('unix:')
      ? { part: text, reason: 'Node.js has no datagram sockets of Unix.' }
      : undefined,
}

export const statsdTable: SettingTable<StatsdTableSettings> = {
  statsdHost: {
    ...topic,
    kind: optional(address),
    ...none,
    env: ['GUNICORN_STATSD_HOST'],
    keys: ['gunicorn.statsd_host'],
    flag: { name: 'statsd-host', value: 'HOST:PORT' },
    help: '[receiver of StatsD](statsd.md) by UDP, by default at port 8125',
  },
  statsdPrefix: {
    ...topic,
    kind: pattern(/^[\w.-]{1,100}$/, 'letters, digits, dots, dashes and underscores'),
    fallback: '',
    env: ['GUNICORN_STATSD_PREFIX'],
    keys: ['gunicorn.statsd_prefix'],
    flag: { name: 'statsd-prefix', value: 'PREFIX' },
    help: "text before the names of StatsD's metrics; a dot follows",
  },
  dogstatsdTags: {
    ...topic,
    kind: pattern(/^[\w./:,-]{1,500}$/, 'tags with commas between them, such as env:prod,team:a'),
    fallback: '',
    env: ['GUNICORN_DOGSTATSD_TAGS'],
    keys: ['gunicorn.dogstatsd_tags'],
    flag: { name: 'dogstatsd-tags', value: 'TAGS' },
    help: "tags of DogStatsD for each of StatsD's metrics",
  },
}
