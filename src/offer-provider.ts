import type { MeterProvider } from '@opentelemetry/api'

/** Where all copies of `@opentelemetry/api` 1.x keep what is registered globally. */
const apiKey = Symbol.for('opentelemetry.js.api.1')

interface Registered {
  version: string
  metrics?: unknown
}

/**
 * Offers a MeterProvider to an application that brings none, without taking the place of one that
 * the application registers later. `metrics.setGlobalMeterProvider()` would take it: OTel refuses a
 * second registration. So the global slot answers a reader with our provider, and a registration with
 * emptiness. The two differ in one thing: `registerGlobal` assigns the slot just before it looks.
 *
 * @param provider called at the first use of OTel's metrics API, not before.
 */
export function offerProvider(
  provider: () => MeterProvider | undefined,
  load: NodeJS.Require,
): void {
  if (apiKey in globalThis) return
  let offered: Registered | undefined
  let isRegistering = false
  let asked = false
  let answer: MeterProvider | undefined

  function ask(): MeterProvider | undefined {
    if (!asked) {
      asked = true
      answer = provider()
    }
    return answer
  }

  function slot(): Registered {
    const version = peerVersion(load)
    const registered = {}
    Object.defineProperties(registered, {
      version: {
        enumerable: true,
        configurable: true,
        get: () => (isRegistering ? registrantVersion(load) : undefined) ?? version,
      },
      metrics: {
        enumerable: true,
        configurable: true,
        get: () => (isRegistering ? undefined : ask()),
        set(value: unknown) {
          Object.defineProperty(registered, 'metrics', {
            value,
            enumerable: true,
            configurable: true,
            writable: true,
          })
        },
      },
    })
    return registered as Registered
  }

  Object.defineProperty(globalThis, apiKey, {
    configurable: true,
    enumerable: false,
    get() {
      isRegistering = false
      offered ??= slot()
      return offered
    },
    set(value: Registered) {
      isRegistering = true
      offered = value
    },
  })
}

/** Version of the `@opentelemetry/api` beside us: as a peer dependency it is the application's. */
function peerVersion(load: NodeJS.Require): string {
  try {
    return versionAt(load, load.resolve('@opentelemetry/api')) ?? '1.9.0'
  } catch {
    return '1.9.0'
  }
}

/**
 * Version of the copy that is registering something right now. All registrations must come from the
 * same version as the slot's; ours must not be the reason why another copy's is refused.
 */
function registrantVersion(load: NodeJS.Require): string | undefined {
  const callers =
    new Error().stack?.matchAll(/\(?(?:file:\/\/)?(\/[^():]+|[A-Z]:[^():]+):\d+:\d+\)?/g) ?? []
  for (const [, file = ''] of callers) {
    if (file.includes('@opentelemetry/api/') || file.includes('@opentelemetry\\api\\')) {
      return versionAt(load, decodeURIComponent(file))
    }
  }
  return undefined
}

function versionAt(load: NodeJS.Require, file: string): string | undefined {
  const root = /^.*@opentelemetry[\\/]api(?=[\\/])/.exec(file)?.[0]
  if (root === undefined) return undefined
  const { version } = load(`${root}/package.json`) as { version?: unknown }
  return typeof version === 'string' ? version : undefined
}
