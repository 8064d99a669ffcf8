import type { Problem } from '../problem.ts'
import type { SettingName } from '../settings.ts'
import type { RuleContext } from './rule-context.ts'

/** The faults of parts of the URL. No message quotes a part: each can belong to a password. */
export function redisUrlFaults(context: RuleContext): Problem[] {
  const url = context.settings.redisUrl
  if (url === undefined) return []
  const key = context.named('redisUrl')
  return sentencesOf(new URL(url.reveal()), context).map(([part, allowed]) => {
    return {
      code: 'GPE_SETTING_VALUE',
      key,
      got: 'not shown',
      allowed,
      message: `${key} has ${part}; ${allowed}.`,
    }
  })
}

type Sentence = readonly [part: string, allowed: string]

function sentencesOf(url: URL, context: RuleContext): Sentence[] {
  const { search, hash, pathname, password } = url
  const sentences: Sentence[] = search === '' ? [] : queriesOf(url, context)
  if (hash !== '') {
    sentences.push(['a fragment, which has no effect', 'a # of the password is written as %23'])
  }
  const database = databaseOf(pathname)
  if (database === undefined) {
    sentences.push(['a path that is no database', 'allowed is a path from /0 to /65535'])
  } else if (database !== 0 && context.has('redisClusterNodes')) {
    const nodes = context.named('redisClusterNodes')
    sentences.push([`the database ${database}`, `with ${nodes} allowed is /0`])
  }
  if (password !== '' && context.has('redisPasswordFile')) {
    const file = context.named('redisPasswordFile')
    sentences.push(['a password', `${file} is given too, and only one is allowed`])
  }
  return sentences
}

/** The number of the database; undefined for a path that is no such number. */
function databaseOf(pathname: string): number | undefined {
  const digits = /^\/?(\d{0,5})$/.exec(pathname)?.[1]
  return digits === undefined || Number(digits) > 65_535 ? undefined : Number(digits)
}

function queriesOf({ searchParams }: URL, context: RuleContext): Sentence[] {
  const known = [...new Set(searchParams.keys())].flatMap((name): Sentence[] => {
    const advice = Object.hasOwn(advices, name) ? advices[name] : undefined
    const text = typeof advice === 'string' ? advice : advice && allowedSettings(context, advice)
    return text === undefined ? [] : [[`the query ${name}, which has no effect`, text]]
  })
  if (known.length > 0) return known
  return [['a query, which has no effect', 'a ? of the password is written as %3F']]
}

function allowedSettings(context: RuleContext, names: readonly SettingName[]): string {
  return `allowed is ${names.map((name) => context.missing(name, 'redisUrl')).join(' with ')}`
}

const login = 'user and password are allowed before the host (redis://user:password@host)'
const verified = ['redisSslCafile'] as const
const tls = 'rediss:// switches TLS on'

/** What other programs read from a query, and what this exporter reads instead. */
const advices: Readonly<Record<string, string | readonly SettingName[]>> = {
  db: 'the number of the database is allowed as the path (redis://host/2)',
  database: 'the number of the database is allowed as the path (redis://host/2)',
  username: login,
  user: login,
  password: login,
  tls,
  ssl: tls,
  // Python's client switches the verification off by `none`. Here, no setting does.
  ssl_cert_reqs: verified,
  ssl_check_hostname: verified,
  ssl_ca_certs: verified,
  ssl_certfile: ['redisSslCertfile', 'redisSslKeyfile'],
  ssl_keyfile: ['redisSslCertfile', 'redisSslKeyfile'],
  sentinel: ['redisSentinels', 'redisSentinelName'],
  family: 'the exporter tries IPv6 and IPv4',
  protocol: 'the exporter always uses RESP2',
}
