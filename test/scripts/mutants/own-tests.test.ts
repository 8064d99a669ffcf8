import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OwnTests } from '../../../scripts/mutants/own-tests.ts'
import { writeProject } from '../../support/programs/project.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'

test('The tests of a file are its mirror and importers, or its folder', async (context) => {
  const root = await temporaryDirectory(context)
  await writeProject(root, {
    'src/a/one.ts': "import { two } from './two.ts'",
    'src/a/two.ts': '',
    'src/a/three.ts': '',
    'test/a/one.test.ts': "import '../../src/a/one.ts'",
    'test/b.test.ts': "import { one } from '../src/a/one.ts'",
    'test/c.test.ts': "import type { One } from '../src/a/one.ts'",
    'test/e2e/a.test.ts': "import { one } from '../../src/a/one.ts'",
  })
  const ownTests = new OwnTests(root)
  assert.deepEqual(ownTests.of('src/a/one.ts'), ['test/a/one.test.ts', 'test/b.test.ts'])
  assert.deepEqual(ownTests.of('src/a/two.ts'), ['test/a/one.test.ts'])
  assert.deepEqual(ownTests.of('src/a/three.ts'), [])
})
