import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { safeUserDirectory } from '../../src/files/safe-parent.ts'
import { userDirectory } from '../../src/files/trusted.ts'
import { withoutUserIds } from '../support/files/foreign-systems.ts'
import { needsRoot, otherUser } from '../support/files/other-user.ts'
import { namespace, namespaces } from '../support/programs/namespaces.ts'
import { temporaryDirectory } from '../support/programs/temporary-directory.ts'
import { needed } from '../support/tools.ts'

const token = '0123456789abcdef0123456789abcdef'
const earlierToken = token.replace('0', 'f')

/** Mounts directories in place of those of the system, for this process alone. */
const inContainer = `
  import { spawnSync } from 'node:child_process'
  import { safeUserDirectory } from '${import.meta.resolve('../../src/files/safe-parent.ts')}'
  const mount = (options, path) => spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'none', path])
  mount('mode=777', '/mnt')
  for (const path of ['/tmp', '/var/tmp']) mount(process.argv.at(-1), path)
  process.stdout.write(JSON.stringify(safeUserDirectory('/mnt', '${token}')))
`

describe('The directory of this user', () => {
  const safe: Record<string, (parent: string) => void> = {
    'only this user can write to the parent': () => {},
    'others can write to a parent with the sticky bit': (parent) => chmodSync(parent, 0o1777),
    'the own group can write to the parent': (parent) => chmodSync(parent, 0o770),
    'this user has made the directory': (parent) =>
      mkdirSync(userDirectory(parent), { mode: 0o700 }),
  }
  for (const [title, prepare] of Object.entries(safe)) {
    test(`is in the parent where ${title}`, async (context) => {
      const parent = await prepared(context)
      prepare(parent)
      const found = safeUserDirectory(parent, token)
      assert.deepEqual(found, { path: userDirectory(parent), problem: undefined })
    })
  }

  test('is in a parent that is missing yet', async (context) => {
    const parent = join(await prepared(context), 'a/b')
    const found = safeUserDirectory(parent, token)
    assert.deepEqual(found, { path: userDirectory(parent), problem: undefined })
  })

  const taken: Record<string, (path: string) => void> = {
    'a file': (path) => writeFileSync(path, ''),
    'a link': (path) => symlinkSync('.', path),
    'a directory that others can write to': (path) => {
      mkdirSync(path)
      chmodSync(path, 0o777)
    },
  }
  for (const [title, take] of Object.entries(taken)) {
    test(`has another name where ${title} has the name`, async (context) => {
      const parent = await prepared(context)
      const path = userDirectory(parent)
      take(path)
      assert.deepEqual(safeUserDirectory(parent, token), {
        path: `${path}-${token}`,
        problem: `another user can write to ${path}`,
      })
    })
  }

  test('has another name where another user owns the name', {
    skip: needsRoot,
  }, async (context) => {
    const parent = await prepared(context)
    mkdirSync(userDirectory(parent), { mode: 0o700 })
    chownSync(userDirectory(parent), otherUser, otherUser)
    const { path, problem } = safeUserDirectory(parent, token)
    assert.equal(path, `${userDirectory(parent)}-${token}`)
    assert.match(String(problem), /another user can write to/)
  })
})

describe('Where another user has the name of this user,', () => {
  const others: Record<string, (path: string, name: (text: string) => string) => void> = {
    'no other name is there': () => {},
    'another name has no token': (_, name) => makePrivate(name('1')),
    'another name begins otherwise': (path) => makePrivate(`${path}0${earlierToken}`),
    'a file has an earlier name': (_, name) => writeFileSync(name(earlierToken), ''),
    'others can write to the earlier directory': (_, name) => {
      makePrivate(name(earlierToken))
      chmodSync(name(earlierToken), 0o777)
    },
  }
  for (const [title, prepare] of Object.entries(others)) {
    test(`the directory is new if ${title}`, async (context) => {
      const path = userDirectory(await prepared(context))
      writeFileSync(path, '')
      prepare(path, (text) => `${path}-${text}`)
      assert.equal(safeUserDirectory(dirname(path), token).path, `${path}-${token}`)
    })
  }

  test('an earlier process of this user has chosen the directory', async (context) => {
    const path = userDirectory(await prepared(context))
    writeFileSync(path, '')
    makePrivate(`${path}-${earlierToken}`)
    assert.deepEqual(safeUserDirectory(dirname(path), token), {
      path: `${path}-${earlierToken}`,
      problem: `another user can write to ${path}`,
    })
  })
})

function makePrivate(path: string): void {
  mkdirSync(path, { mode: 0o700 })
}

describe('The directory of this user is in the temporary directory', () => {
  const unsafe: Record<string, (parent: string) => void> = {
    'all users can rename its entries': (parent) => chmodSync(parent, 0o703),
    'all users can rename the parent': (parent) => {
      chmodSync(parent, 0o777)
      mkdirSync(join(parent, 'below'))
    },
  }
  for (const [title, prepare] of Object.entries(unsafe)) {
    test(`where ${title}`, async (context) => {
      const [parent, temporary] = [await prepared(context), await prepared(context)]
      prepare(parent)
      symlinkSync(parent, join(temporary, 'link'))
      const chosen = userDirectory(temporary)
      const problem = `other users can rename the entries of ${parent}, which has no sticky bit`
      for (const path of [join(parent, 'below'), join(parent, 'missing'), join(temporary, 'link')])
        assert.deepEqual(chosenIn(path, temporary), { path: chosen, problem })
    })
  }

  test('where another group can rename its entries', { skip: needsRoot }, async (context) => {
    const [parent, temporary] = [await prepared(context), await prepared(context)]
    chownSync(parent, 0, otherUser)
    chmodSync(parent, 0o770)
    assert.equal(chosenIn(parent, temporary).path, userDirectory(temporary))
  })

  test('unless the other group can only read there', { skip: needsRoot }, async (context) => {
    const parent = await prepared(context)
    chownSync(parent, 0, otherUser)
    chmodSync(parent, 0o755)
    const found = safeUserDirectory(parent, token)
    assert.deepEqual(found, { path: userDirectory(parent), problem: undefined })
  })

  test('unless others can rename the entries there, too', async (context) => {
    const [parent, temporary] = [await prepared(context), await prepared(context)]
    for (const each of [parent, temporary]) chmodSync(each, 0o777)
    assert.equal(chosenIn(parent, temporary).path, userDirectory('/tmp'))
  })

  test('unless the temporary directory is missing', async (context) => {
    const parent = await prepared(context)
    chmodSync(parent, 0o777)
    const { path } = chosenIn(parent, join(parent, 'missing'))
    assert.equal(path, userDirectory('/tmp'))
  })

  test('under another name where another user has the name there', async (context) => {
    const [parent, temporary] = [await prepared(context), await prepared(context)]
    chmodSync(parent, 0o777)
    writeFileSync(userDirectory(temporary), '')
    const { path, problem } = chosenIn(parent, temporary)
    assert.equal(path, `${userDirectory(temporary)}-${token}`)
    assert.match(String(problem), /other users can rename/)
  })
})

describe('The directory of this user in a container stays in a public volume', () => {
  for (const [title, options] of [
    ['is read-only', 'ro,mode=1777'],
    ['is public, too', 'mode=777'],
  ] as const) {
    test(`where each temporary directory ${title}`, (context) => {
      const { path: command } = needed(context, namespaces()) ?? {}
      if (command === undefined) return
      const [, ...args] = namespace
      const script = [...args, process.execPath, '--input-type=module', '-e', inContainer, options]
      const { stdout, stderr } = spawnSync(command, script, { encoding: 'utf8' })
      assert.equal(stderr, '')
      assert.deepEqual(JSON.parse(stdout), { path: userDirectory('/mnt') })
    })
  }
})

test('A system without user ids has a safe parent always', async (context) => {
  const parent = await prepared(context)
  chmodSync(parent, 0o777)
  const path = join(parent, 'gunicorn-prometheus-exporter-user')
  mkdirSync(path)
  const found = withoutUserIds(() => safeUserDirectory(parent, token))
  assert.deepEqual(found, { path, problem: undefined })
})

async function prepared(context: TestContext): Promise<string> {
  return realpathSync(await temporaryDirectory(context))
}

/** The choice with this temporary directory of the system. */
function chosenIn(parent: string, temporary: string) {
  const before = process.env['TMPDIR']
  process.env['TMPDIR'] = temporary
  try {
    return safeUserDirectory(parent, token)
  } finally {
    if (before === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before
  }
}
