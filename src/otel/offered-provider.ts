import type { MeterProvider } from '@opentelemetry/api'
import { apiKey } from './api-slot.ts'
import { sharedProvider } from './shared-provider.ts'

/** Marks the provider that the preload offers: the preload itself counts for that one. */
export const preloadProvider: symbol = Symbol.for('gunicorn-prometheus-exporter.provider')

/**
 * Offers a MeterProvider to an application that brings none, without taking the place of one that
 * the application registers, before or later: that one is then shared, its instruments record into ours too. `metrics.setGlobalMeterProvider()` would take it: OTel refuses a
 * second registration. So the global slot answers a reader with our provider and a registration with
 * emptiness. The two differ in one thing: `registerGlobal` assigns the slot just before it looks.
 * Read in the source of 1.9 and 1.10; `test/e2e` holds it against both.
 *
 * @param provider called at the first use of OTel's metrics API, not before.
 */
export function offerProvider(provider: Provide, load: NodeJS.Require): void {
  const { [apiKey]: registered } = globalThis as { [apiKey]?: Slot }
  const offer = new Offer({ provider, load, registered })
  let slot: object = offer.slot
  Object.defineProperty(globalThis, apiKey, {
    configurable: true,
    enumerable: false,
    get() {
      offer.isRegistering = false
      return slot
    },
    set(value: object) {
      offer.isRegistering = true
      slot = value
    },
  })
}

/** @param isShared whether the application has a provider of its own beside it. */
type Provide = (isShared: boolean) => MeterProvider | undefined

/** What `@opentelemetry/api` keeps at its key. */
interface Slot {
  readonly version?: string
  readonly metrics?: MeterProvider
}

interface OfferOptions {
  readonly provider: Provide
  readonly load: NodeJS.Require
  /** What others have registered before us. */
  readonly registered: Slot | undefined
}

class Offer {
  readonly slot: object
  isRegistering = false
  readonly #provider: Provide
  readonly #load: NodeJS.Require
  #version: string | undefined
  #answer: { readonly provider: MeterProvider | undefined } | undefined

  constructor({ provider, load, registered }: OfferOptions) {
    this.#provider = provider
    this.#load = load
    const version = { ...visible, get: () => this.#versionForReader() }
    this.slot = registered ?? Object.defineProperties({}, { version })
    if (registered?.metrics) this.#share(registered.metrics)
    else {
      Object.defineProperty(this.slot, 'metrics', {
        ...visible,
        get: () => (this.isRegistering ? undefined : this.#ask()),
        set: (value: MeterProvider) => this.#share(value),
      })
    }
  }

  #ask(): MeterProvider | undefined {
    this.#answer ??= { provider: this.#provider(false) }
    return this.#answer.provider
  }

  /** The application has registered its own: from now on the slot is an ordinary one. */
  #share(theirs: MeterProvider): void {
    // OTel's API takes anything for one, null included.
    const isShareable = isObject(theirs) && !(preloadProvider in theirs)
    const value = isShareable ? sharedProvider(theirs, () => this.#provider(true)) : theirs
    Object.defineProperty(this.slot, 'metrics', { ...visible, writable: true, value })
  }

  /** All registrations must come from the same version as the slot's: be the registrant's. */
  #versionForReader(): string {
    const registrant = this.isRegistering ? registrantVersion(this.#load) : undefined
    if (registrant !== undefined) this.#version = registrant
    this.#version ??= peerVersion(this.#load) ?? '1.9.0'
    return this.#version
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

const visible = { enumerable: true, configurable: true } as const

/** Version of the `@opentelemetry/api` beside us: as a peer dependency it is the application's. */
function peerVersion(load: NodeJS.Require): string | undefined {
  return versionAt(load, () => load.resolve('@opentelemetry/api'))
}

/** Version of the copy that is registering something right now, by the files on the stack. */
function registrantVersion(load: NodeJS.Require): string | undefined {
  const stack = new Error('Who registers?').stack ?? ''
  const file = /(?:\(|at )(?:file:\/\/)?([^\s(]*@opentelemetry[\\/]api[\\/][^\s)]*?):\d+:\d+/.exec(
    stack,
  )?.[1]
  return file === undefined ? undefined : versionAt(load, () => decodeURIComponent(file))
}

/** Undefined where the file is not one of an installed package: bundlers and source maps make up paths. */
function versionAt(load: NodeJS.Require, file: () => string): string | undefined {
  try {
    const root = /^.*@opentelemetry[\\/]api(?=[\\/])/.exec(file())?.[0]
    const { version } = load(`${root}/package.json`) as { version?: unknown }
    return typeof version === 'string' ? version : undefined
  } catch {
    return undefined
  }
}
