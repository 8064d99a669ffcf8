import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { encodeWorkersDirectory, parseWorkersDirectory } from '../../src/files/workers-directory.ts'

const directory = { path: '/tmp/own/1-a', user: 5, isOpen: false }
const primaryPid = 11

describe('The directory for a worker', () => {
  for (const given of [
    directory,
    { ...directory, isOpen: true },
    { ...directory, user: 0 },
    { ...directory, user: null },
  ]) {
    const text = encodeWorkersDirectory(given, primaryPid)
    test(`arrives as ${text}`, () => {
      assert.deepEqual(parseWorkersDirectory(text, primaryPid), given)
    })
  }

  test('is not for a child process of the worker, which inherits the text', () => {
    const text = encodeWorkersDirectory(directory, primaryPid)
    assert.equal(parseWorkersDirectory(text, primaryPid + 1), undefined)
  })

  const refused: Record<string, string | undefined> = {
    'there is no text': undefined,
    'the text is empty': '',
    'the text is cut': encodeWorkersDirectory(directory, primaryPid).slice(0, -1),
    'the text is null': 'null',
    'the primary has no pid': JSON.stringify(directory),
    'the path is missing': JSON.stringify({ ...directory, primaryPid, path: undefined }),
    'the path is a number': JSON.stringify({ ...directory, primaryPid, path: 1 }),
    'the user is missing': JSON.stringify({ ...directory, primaryPid, user: undefined }),
    'the user is a text': JSON.stringify({ ...directory, primaryPid, user: '5' }),
    'the user is below 0': JSON.stringify({ ...directory, primaryPid, user: -1 }),
    'isOpen is missing': JSON.stringify({ ...directory, primaryPid, isOpen: undefined }),
    'isOpen is a number': JSON.stringify({ ...directory, primaryPid, isOpen: 1 }),
  }
  for (const [title, text] of Object.entries(refused)) {
    test(`is undefined where ${title}`, () => {
      assert.equal(parseWorkersDirectory(text, primaryPid), undefined)
    })
  }
})
