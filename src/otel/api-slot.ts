/** The key of the global registrations of all copies of `@opentelemetry/api` 1.x. */
export const apiKey: unique symbol = Symbol.for('opentelemetry.js.api.1')
