import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createRequire } from '../support/process/create-require.ts'

const name = 'gunicorn-prometheus-exporter'

/**
 * The directory from which a preload in a bundle loads packages: of the installed package, or an
 * assumed directory beside the bundle. No file of the application is in the assumed directory.
 * @param url of the bundle; undefined in a bundle of CommonJS.
 */
export function packagePlace(url: string | undefined): string {
  const places = placesOf(url)
  for (const place of places) {
    const found = installedAt(place)
    if (found !== undefined) return found
  }
  return join(dirname(places[0] ?? process.execPath), name, 'dist')
}

/** Files from which packages may resolve. */
function placesOf(url: string | undefined): string[] {
  const [, program] = process.argv
  const places = [
    () => (url === undefined ? undefined : fileURLToPath(url)),
    () => (program === undefined ? undefined : resolve(program)),
    () => resolve('program.js'),
  ]
  return places.flatMap((place) => {
    try {
      return place() ?? []
    } catch {
      // The working directory can be gone, and `url` can be any text of a bundler.
      return []
    }
  })
}

function installedAt(place: string): string | undefined {
  try {
    return join(dirname(createRequire(place).resolve(`${name}/package.json`)), 'dist')
  } catch {
    return undefined
  }
}
