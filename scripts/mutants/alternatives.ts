/** Per operator, the operators that take its place. */
export const otherOperators: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    '<': ['<=', '>='],
    '<=': ['<', '>'],
    '>': ['>=', '<='],
    '>=': ['>', '<'],
    '===': ['!=='],
    '!==': ['==='],
    '+': ['-'],
    '-': ['+'],
    '*': ['/'],
    '/': ['*'],
    '%': ['*'],
    '**': ['*'],
    '&': ['|'],
    '|': ['&'],
    '^': ['&'],
    '<<': ['>>'],
    '>>': ['<<'],
    '>>>': ['<<'],
    '+=': ['-='],
    '-=': ['+='],
    '*=': ['/='],
    '/=': ['*='],
    '|=': ['&='],
    '&=': ['|='],
    '^=': ['&='],
    '<<=': ['>>='],
    '>>=': ['<<='],
    '>>>=': ['<<='],
    '??=': ['='],
    '||=': ['&&='],
    '&&=': ['||='],
  }),
)

/** Per method, the method that takes its place. */
export const otherMethods: ReadonlyMap<string, string> = new Map(
  Object.entries({
    min: 'max',
    max: 'min',
    floor: 'ceil',
    ceil: 'floor',
    some: 'every',
    every: 'some',
    startsWith: 'endsWith',
    endsWith: 'startsWith',
  }),
)

/** Methods that return a value of the same kind as their object: a chain works without the call. */
export const removableMethods: ReadonlySet<string> = new Set([
  'unref',
  'filter',
  'flat',
  'reverse',
  'slice',
  'sort',
  'toReversed',
  'toSorted',
  'toLowerCase',
  'toUpperCase',
  'trim',
])
