import assert from 'node:assert/strict'
import fc from 'fast-check'
import { type HangMessage, hangVersion, parseHang } from '../../../src/hang-stacks/hang-message.ts'
import { hangStackLimits } from '../../../src/limits/hang-stacks.ts'
import { masterLimits } from '../../../src/limits/master.ts'
import { profileLimits } from '../../../src/limits/tools/profiles.ts'
import { listeningCommand, parseListening } from '../../../src/master/agent/listening-message.ts'
import {
  type AgentSettings,
  heldSignals,
  parseAgentSettings,
  parseFromAgent,
  parseToAgent,
} from '../../../src/master/agent/message.ts'
import { parseRequest } from '../../../src/master/control/message.ts'
import { parseFromWorker, parseHandOver } from '../../../src/master/sockets/cluster-message.ts'
import { encodeUpgradeMessage, parseUpgradeMessage } from '../../../src/master/upgrade/message.ts'
import { type PageHead, parsePageHead, parsePageRequest } from '../../../src/mount/page-protocol.ts'
import {
  type ProfileOrder,
  parseFailure,
  parseOrderText,
  parseToProfiled,
  profileCommand,
  profileFailedCommand,
  stopProfileCommand,
} from '../../../src/profiles/profile-order.ts'
import { parsePageServerAddress } from '../../../src/relay/page-server-address.ts'
import { parsePresence } from '../../../src/share/directory/sidecar-presence.ts'
import { parseMessage } from '../../../src/share/hand-over/message.ts'
import { parseOffer } from '../../../src/share/hand-over/offer.ts'
import { parseLease } from '../../../src/share/succession/lease.ts'
import { parseProcessIdentity } from '../../../src/support/process/process-identity.ts'
import { oddText, oddValue } from './odd-values.ts'

/** A `parse…()` of the program. */
export interface Guard {
  readonly name: string
  readonly valid: fc.Arbitrary<unknown>
  /** Brings a value into the form that the guard gets. Takes any value. */
  readonly encode: (value: unknown) => unknown
  readonly parse: (encoded: unknown) => unknown
  /** Checks more than the types. */
  readonly assertValid?: (parsed: never) => void
}

const json = oddText
const versioned = (value: unknown): string => json(withMore(value, { version: 1 }))
const itself = oddValue

const ports = fc.integer({ min: 1, max: 65_535 })
const tokens = fc.stringMatching(/^[0-9a-f]{64}$/)
const texts = fc.string()
const uuids = fc.uuid({ version: 4 })
const names = fc.string({ minLength: 1, maxLength: 500 })
const identities = {
  pid: fc.integer({ min: 1, max: 4_194_304 }),
  startTicks: fc.stringMatching(/^\d{0,12}$/),
  pidNamespace: texts,
}

const profileOrders = fc.record({
  version: fc.constant(1),
  number: fc.nat(),
  pid: fc.nat(),
  kind: fc.constantFrom('cpu', 'heap'),
  seconds: fc.integer({ min: 0, max: profileLimits.mostSeconds }),
  place: fc.record({
    path: fc.stringMatching(/^\/\w{0,20}$/),
    user: fc.option(fc.nat(), { nil: null }),
    isOpen: fc.constant(false),
  }),
  name: fc.stringMatching(/^worker-[\w-]{1,100}\.cpuprofile$/),
})

const relayGuards: readonly Guard[] = [
  {
    name: 'parseHang',
    valid: fc.record({
      version: fc.constant(hangVersion),
      pid: fc.nat(),
      stall: fc.nat(),
      seconds: fc.double({ min: 0, max: 1e9, noNaN: true }).map((seconds) => seconds + 0),
      heldBy: fc.stringMatching(/^[ -~]{0,80}$/),
      stack: texts,
    }),
    encode: (value) => json(withMore(value, { version: hangVersion })),
    parse: parseHang,
    assertValid: ({ heldBy }: HangMessage) => {
      assert.ok(heldBy.length <= hangStackLimits.frameChars)
    },
  },
  {
    name: 'parsePageServerAddress',
    valid: fc.record({ port: ports, token: tokens }),
    encode: itself,
    parse: parsePageServerAddress,
  },
  {
    name: 'parsePageRequest',
    valid: fc.record({
      method: fc.constantFrom('GET', 'HEAD'),
      accept: texts,
      acceptEncoding: texts,
      query: texts,
      authorization: texts,
      isCertified: fc.boolean(),
    }),
    encode: versioned,
    parse: (text) => parsePageRequest(String(text)),
  },
  {
    name: 'parsePageHead',
    valid: fc.record({
      status: fc.integer({ min: 200, max: 599 }),
      headers: fc.dictionary(fc.stringMatching(/^[A-Z][a-z-]{1,12}$/), texts),
      bodyBytes: fc.nat(),
    }),
    encode: versioned,
    parse: (text) => parsePageHead(String(text)),
    assertValid: ({ status, bodyBytes }: PageHead) => {
      assert.ok(status >= 200 && status <= 599 && bodyBytes >= 0)
    },
  },
]

const shareGuards: readonly Guard[] = [
  {
    name: 'parseLease',
    valid: fc.record({
      incarnation: uuids,
      instance: names.filter((name) => name.length > 0),
      predecessors: fc.array(uuids, { maxLength: 32 }),
      ...identities,
    }),
    encode: versioned,
    parse: (text) => parseLease(String(text)),
  },
  {
    name: 'parseMessage',
    valid: fc.record({
      kind: fc.constant('state'),
      bytes: fc.integer({ min: 0, max: 16_777_216 }),
      isReady: fc.boolean(),
      hasReleased: fc.boolean(),
    }),
    encode: json,
    parse: (text) => parseMessage(String(text)),
  },
  {
    name: 'parseOffer',
    valid: fc.record({
      version: fc.constant(2),
      port: ports,
      token: tokens,
      endpoint: fc.record({ descriptor: fc.integer({ min: 3, max: 1_000_000 }), address: texts }),
    }),
    encode: json,
    parse: parseOffer,
  },
  {
    name: 'parseProcessIdentity',
    valid: fc.record(identities),
    encode: itself,
    parse: parseProcessIdentity,
  },
  {
    name: 'parsePresence',
    valid: fc.record({
      version: fc.constant(1),
      sequence: fc.nat(),
      incarnation: uuids,
      port: fc.oneof(fc.constant(null), ports),
      readsRedis: fc.boolean(),
    }),
    encode: itself,
    parse: parsePresence,
  },
]

const signals = fc.constantFrom(...heldSignals)
const kinds = fc.constantFrom('4', '6', '-1')
const keys = fc.tuple(fc.ipV4(), ports, kinds).map((parts) => `${parts.join(':')}:undefined`)

const masterGuards: readonly Guard[] = [
  {
    name: 'parseToAgent',
    valid: fc.oneof(
      fc.record({ cmd: fc.constantFrom('NODE_GUNICORN_RETIRE', 'NODE_GUNICORN_REOPEN') }),
      fc.record({ cmd: fc.constant('NODE_GUNICORN_QUIT'), signal: signals }),
    ),
    encode: itself,
    parse: parseToAgent,
  },
  {
    name: 'parseFromAgent',
    valid: fc.oneof(
      fc.record({ cmd: fc.constantFrom('NODE_GUNICORN_SPENT', 'NODE_GUNICORN_CLOSED') }),
      fc.record({ cmd: fc.constant('NODE_GUNICORN_BEAT'), rssBytes: fc.nat() }),
      fc.record({ cmd: fc.constant('NODE_GUNICORN_ASKED'), signal: signals }),
    ),
    encode: itself,
    parse: parseFromAgent,
  },
  {
    name: 'parseAgentSettings',
    valid: fc.record({
      beatMs: fc.nat(),
      keepAliveMs: fc.nat(),
      gracefulMs: fc.nat(),
      requests: fc.nat(),
      connections: fc.nat(),
      accessLog: fc.record({ file: texts, format: texts }),
      statsd: fc.record({ host: texts, port: ports, prefix: texts, tags: texts }),
    }),
    encode: json,
    parse: (text) => parseAgentSettings(String(text)),
    assertValid: ({ accessLog, statsd, ...numbers }: AgentSettings) => {
      assert.ok(Object.values(numbers).every((value) => Number.isFinite(value)))
    },
  },
  {
    name: 'parseToProfiled',
    valid: fc.oneof(
      fc.record({ cmd: fc.constant(profileCommand), order: profileOrders }),
      fc.record({ cmd: fc.constant(stopProfileCommand), number: fc.nat() }),
    ),
    encode: itself,
    parse: parseToProfiled,
  },
  {
    name: 'parseOrderText',
    valid: profileOrders,
    encode: json,
    parse: (text) => parseOrderText(String(text)),
    assertValid: ({ name }: ProfileOrder) => {
      assert.ok(!name.includes('/'))
    },
  },
  {
    name: 'parseFailure',
    valid: fc.record({
      cmd: fc.constant(profileFailedCommand),
      number: fc.nat(),
      reason: fc.string({ maxLength: 100 }),
    }),
    encode: itself,
    parse: parseFailure,
  },
  {
    name: 'parseRequest',
    valid: fc.record({
      id: fc.oneof(fc.nat(), texts),
      words: fc.array(fc.stringMatching(/^\w{1,20}$/), { maxLength: 5 }),
    }),
    // The words of a command come from the command and from its operands.
    encode: (value) =>
      Buffer.from(
        json(isPlain(value) ? { id: value['id'], command: '', args: value['words'] } : value),
      ),
    parse: (body) => parseRequest(body as Buffer),
  },
  {
    name: 'parseListening',
    valid: fc.array(texts, { maxLength: masterLimits.addresses }),
    encode: (value) =>
      Array.isArray(value) ? oddValue({ cmd: listeningCommand, addresses: value }) : value,
    parse: parseListening,
    assertValid: (addresses: readonly string[]) => {
      assert.ok(addresses.length <= masterLimits.addresses)
    },
  },
  {
    name: 'parseUpgradeMessage',
    valid: fc.oneof(
      fc.record({ act: fc.constantFrom('ask for sockets', 'all sockets sent') }),
      fc.record({ act: fc.constant('socket'), key: texts }),
    ),
    encode: (value) => oddValue(isPlain(value) ? encodeUpgradeMessage(value as never) : value),
    parse: parseUpgradeMessage,
  },
  {
    name: 'parseHandOver',
    valid: fc.record({ key: keys, sequence: fc.nat() }),
    encode: (value) => oddValue(fromPrimary(value)),
    parse: parseHandOver,
  },
  {
    name: 'parseFromWorker',
    valid: fc.oneof(
      fc.record({ kind: fc.constant('close'), key: keys }),
      fc.record({ kind: fc.constant('answer'), sequence: fc.nat(), isAccepted: fc.boolean() }),
    ),
    encode: (value) => oddValue(fromWorker(value)),
    parse: parseFromWorker,
  },
]

export const guards: readonly Guard[] = [...relayGuards, ...shareGuards, ...masterGuards]

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A mutated value keeps its own field, as a hostile sender would. */
function withMore(value: unknown, more: object): unknown {
  return isPlain(value) ? { ...more, ...value } : value
}

function fromPrimary(value: unknown): unknown {
  if (!isPlain(value)) return value
  const { key, sequence, ...more } = value
  return { cmd: 'NODE_CLUSTER', act: 'newconn', key, seq: sequence, ...more }
}

function fromWorker(value: unknown): unknown {
  if (!isPlain(value)) return value
  const { kind, key, sequence, isAccepted, query, ...more } = value
  if (kind === 'query') return { cmd: 'NODE_CLUSTER', act: 'queryServer', ...more, ...asked(query) }
  if (kind === 'close') return { cmd: 'NODE_CLUSTER', act: 'close', key, ...more }
  return { cmd: 'NODE_CLUSTER', ack: sequence, accepted: isAccepted, ...more }
}

function asked(query: unknown): object {
  return isPlain(query) ? query : {}
}
