import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * Flags of Node that load the preload.
 *
 * @param {string} [checkout] directory of a built checkout. Default: this checkout.
 * @returns {string[]}
 */
export function preloadFlags(checkout = fileURLToPath(new URL('../..', import.meta.url))) {
  return ['--require', join(checkout, 'dist/register.cjs')]
}
