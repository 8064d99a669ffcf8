/** Where all copies of `@opentelemetry/api` 1.x keep what is registered globally. */
export const apiKey: unique symbol = Symbol.for('opentelemetry.js.api.1')
