/** The key of the global registrations of all copies of `@opentelemetry/api` 1.x. */
export const apiKey: unique symbol = Symbol.for('opentelemetry.js.api.1')

/** Attributes of a property that OTel's API would make by an assignment. */
export const visible = { enumerable: true, configurable: true } as const
