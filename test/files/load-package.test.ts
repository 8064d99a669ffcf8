import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { loadPackage, packageFailure } from '../../src/files/load-package.ts'
import { temporaryDirectory } from '../support/programs/temporary-directory.ts'

describe('loadPackage', () => {
  test('loads the package from the first place that has the package', async (context) => {
    const place = await placesBelow(context)
    const found = [place(), place('exports.is = 1'), place('exports.is = 2')]
    const loaded = loadPackage('shop', [unreadable, ...found])
    assert.deepEqual(loaded, { is: 1 })
  })

  test('names the command that installs a missing package', async (context) => {
    const place = await placesBelow(context)
    assert.throws(() => loadPackage('shop', [unreadable, place()]), {
      message: 'the package shop is missing: npm install shop',
    })
    assert.throws(() => loadPackage('shop', [], 'no orders'), {
      message: 'no orders: npm install shop',
    })
  })

  test('tells why a package cannot be loaded, and loads no other copy', async (context) => {
    const place = await placesBelow(context)
    const found = [place('throw new Error("no disk")'), place('exports.is = 1')]
    assert.throws(
      () => loadPackage('shop', found),
      (error) => {
        assert.ok(error instanceof Error)
        assert.equal(error.message, 'the package shop cannot be loaded: no disk')
        assert.match(String(error.cause), /no disk/)
        return true
      },
    )
  })
})

describe('loadPackage refuses a version that does not fit', () => {
  const name = '@opentelemetry/exporter-metrics-otlp-proto'
  for (const { version, command } of [
    { version: '0.57.2', command: `npm install ${name}@0.223` },
    { version: '0.222.9', command: `npm install ${name}@0.223` },
    { version: '0.223.0', command: undefined },
    { version: '0.223.1', command: undefined },
    { version: '0.299.0', command: undefined },
    { version: '0.300.0', command: `npm install ${name}@0.301` },
    { version: '0.301.0', command: undefined },
    { version: '1.0.0', command: undefined },
    { version: 'unknown', command: `npm install ${name}@0.223` },
  ]) {
    test(`${version} ${command ? 'does not fit' : 'fits'}`, async (context) => {
      const directory = await temporaryDirectory(context)
      const folder = join(directory, 'node_modules', name)
      mkdirSync(folder, { recursive: true })
      writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, version }))
      writeFileSync(join(folder, 'index.js'), 'exports.is = 1')
      const load = (): unknown => loadPackage(name, [() => join(directory, 'app.js')])
      if (!command) return assert.deepEqual(load(), { is: 1 })
      assert.throws(load, {
        code: 'GPE_PACKAGE_VERSION',
        message:
          `the package ${name} has version ${version}; allowed is 0.223.0 or later, but not ` +
          `0.300: ${command}`,
      })
    })
  }
})

describe('packageFailure', () => {
  test('has a code for a missing package', async (context) => {
    const place = await placesBelow(context)
    assert.deepEqual(packageFailure('shop', [place()]), {
      code: 'GPE_PACKAGE_MISSING',
      reason: 'the package shop is missing: npm install shop',
    })
  })

  test('has another code and one line for a package that does not load', async (context) => {
    const place = await placesBelow(context)
    const broken = place('throw new Error("no disk.\\nRequire stack:")')
    assert.deepEqual(packageFailure('shop', [broken]), {
      code: 'GPE_PACKAGE_BROKEN',
      reason: 'the package shop cannot be loaded: no disk.',
    })
  })

  test('has the code of a broken package for a package without its main file', async (context) => {
    const directory = await temporaryDirectory(context)
    const folder = join(directory, 'node_modules/shop')
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'package.json'), '{ "name": "shop", "main": "build/index.js" }')
    const failure = packageFailure('shop', [() => join(directory, 'app.js')])
    assert.equal(failure?.code, 'GPE_PACKAGE_BROKEN')
    assert.match(failure?.reason ?? '', /^the package shop cannot be loaded: Cannot find module /)
  })

  test('is undefined for a package that loads', async (context) => {
    const place = await placesBelow(context)
    assert.equal(packageFailure('shop', [place('exports.is = 1')]), undefined)
  })
})

function unreadable(): string {
  throw new Error('no such place')
}

/** Returns a function that makes a place, with a package `shop` of the given text. */
async function placesBelow(context: TestContext): Promise<(text?: string) => () => string> {
  const parent = await temporaryDirectory(context)
  let count = 0
  return (text) => {
    count += 1
    const directory = join(parent, String(count))
    mkdirSync(join(directory, 'node_modules/shop'), { recursive: true })
    if (text !== undefined) writeFileSync(join(directory, 'node_modules/shop/index.js'), text)
    return () => join(directory, 'main.js')
  }
}
