import type { MeterProvider } from '@opentelemetry/api'
import { apiKey, visible } from './api-slot.ts'
import { isSharedProvider, sharedProvider } from './shared/shared-provider.ts'
import { shareSdk } from './shared/shared-sdk.ts'
import { type SlotAccess, watchUnknownApi } from './unknown-api.ts'

/** Marks the provider of the preload. */
export const preloadProvider: symbol = Symbol.for('gunicorn-prometheus-exporter.provider')

/**
 * Offers a MeterProvider to an application without one. The application can still register a
 * provider, before or later. The application's instruments then record into both providers.
 *
 * `metrics.setGlobalMeterProvider()` does not work here: OTel refuses a second registration.
 * Instead, the global slot returns our provider to a reader, and nothing to a registration. A
 * registration (`registerGlobal`) assigns the slot directly before it reads the slot. A reader
 * assigns nothing. The rule holds for 1.9 and 1.10, and `test/e2e` tests both versions.
 *
 * @param options.provider called at the first use of OTel's metrics API.
 */
export function offerProvider({ onUnknown, ...options }: ProviderOptions): void {
  const { [apiKey]: registered } = globalThis as { [apiKey]?: Slot }
  const offer = new Offer({ ...options, registered })
  let slot: unknown = offer.slot
  const offered: SlotAccess = {
    read() {
      offer.isRegistering = false
      if (offer.isPossible()) return slot
      access = watchUnknownApi(onUnknown)
      return access.read()
    },
    assign(value) {
      offer.isRegistering = true
      slot = value
    },
  }
  // A second definition would fail after the application has sealed the global object.
  let access = offered
  Object.defineProperty(globalThis, apiKey, {
    configurable: true,
    enumerable: false,
    get: () => access.read(),
    set: (value: unknown) => access.assign(value),
  })
}

/** The provider that the application has registered, before the preload or after it. */
export function registeredProvider(): object | undefined {
  const slot: unknown = Reflect.get(globalThis, apiKey)
  // Without a registration, the slot has a getter, which would make our provider.
  const known = isObject(slot) ? Object.getOwnPropertyDescriptor(slot, 'metrics') : undefined
  const provider: unknown = known?.value
  return isObject(provider) ? provider : undefined
}

/** Whether instruments of the application from before the preload can be missing on the page. */
export function hasHiddenInstruments(): boolean {
  const provider = registeredProvider()
  return provider !== undefined && isSharedProvider(provider)
}

/** @param isShared whether the application has a provider, too. */
type Provide = (isShared: boolean) => MeterProvider | undefined

/** The value of `@opentelemetry/api` at `apiKey`. */
interface Slot {
  readonly version?: string
  readonly metrics?: MeterProvider
}

interface ProviderOptions extends Omit<OfferOptions, 'registered'> {
  /** Called if the application uses OTel's metrics, and no provider can be offered. */
  readonly onUnknown: () => void
}

interface OfferOptions {
  readonly provider: Provide
  readonly load: () => NodeJS.Require
  /** Called if instruments from before the preload can record into their own provider only. */
  readonly onHidden: () => void
  /** Called for an error of our side, which never reaches the application. Must not throw. */
  readonly onFault: () => void
  /** Registrations from before the preload. */
  readonly registered: Slot | undefined
}

class Offer {
  readonly slot: object
  isRegistering = false
  readonly #provider: Provide
  readonly #load: () => NodeJS.Require
  readonly #onFault: () => void
  #version: string | undefined
  #isKnown: boolean
  #offered: { readonly provider: MeterProvider | undefined } | undefined

  constructor({ provider, load, onHidden, onFault, registered }: OfferOptions) {
    this.#provider = provider
    this.#load = load
    this.#onFault = onFault
    this.#isKnown = registered !== undefined
    const version = { ...visible, get: () => this.#versionForReader() }
    this.slot = registered ?? Object.defineProperties({}, { version })
    if (registered?.metrics) {
      this.#share(registered.metrics)
      if (hasHiddenInstruments()) onHidden()
    } else {
      Object.defineProperty(this.slot, 'metrics', {
        ...visible,
        get: () => (this.isRegistering ? undefined : this.#ask()),
        set: (value: MeterProvider) => this.#share(value),
      })
    }
  }

  /**
   * Whether the version of the API is known. In a bundle without a package of the API nearby, the
   * version is unknown, and OTel's API would refuse the application's own registration.
   */
  isPossible(): boolean {
    if (this.#isKnown) return true
    this.#version ??= versionOnStack(this.#load()) ?? installedVersion(this.#load())
    this.#isKnown = this.#version !== undefined
    return this.#isKnown
  }

  #ask(): MeterProvider | undefined {
    this.#offered ??= { provider: this.#provider(false) }
    return this.#offered.provider
  }

  /** Makes the slot an ordinary one, after the application has registered a provider. */
  #share(theirs: MeterProvider): void {
    const value = this.#shared(theirs)
    Object.defineProperty(this.slot, 'metrics', { ...visible, writable: true, value })
  }

  #shared(theirs: MeterProvider): MeterProvider {
    // OTel's API accepts any value, null included.
    if (!isObject(theirs) || preloadProvider in theirs) return theirs
    const ours = () => this.#provider(true)
    const isShared = shareSdk(theirs, ours, this.#onFault)
    return isShared ? theirs : sharedProvider(theirs, ours, this.#onFault)
  }

  /** OTel's API refuses a registration from another version. Returns the registrant's version. */
  #versionForReader(): string {
    const registrant = this.isRegistering ? versionOnStack(this.#load()) : undefined
    if (registrant !== undefined) this.#version = registrant
    // `isPossible` has found a version before.
    return this.#version ?? ''
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** Version of `@opentelemetry/api` as this package, or the application, finds the package. */
function installedVersion(load: NodeJS.Require): string | undefined {
  const name = '@opentelemetry/api'
  const paths = (): string[] => [process.argv[1] ?? '', process.cwd()]
  const ours = versionAt(load, () => load.resolve(name))
  return ours ?? versionAt(load, () => load.resolve(name, { paths: paths() }))
}

/** Version of the copy that reads or registers, from the file names on the stack. */
function versionOnStack(load: NodeJS.Require): string | undefined {
  const place = /(?:\(|at )(?:file:\/\/)?([^\s(]*@opentelemetry[\\/]api[\\/][^\s)]*?):\d+:\d+/
  try {
    const file = place.exec(new Error('stack of the caller').stack ?? '')?.[1]
    return file === undefined ? undefined : versionAt(load, () => decodeURIComponent(file))
  } catch {
    // The application can replace `Error`, and how stack traces are built.
    return undefined
  }
}

/** Undefined for a path outside an installed package, from a bundler or a source map. */
function versionAt(load: NodeJS.Require, file: () => string): string | undefined {
  try {
    const root = /^.*@opentelemetry[\\/]api(?=[\\/])/.exec(file())?.[0]
    const { version } = load(`${root}/package.json`) as { version?: unknown }
    return typeof version === 'string' ? version : undefined
  } catch {
    return undefined
  }
}
