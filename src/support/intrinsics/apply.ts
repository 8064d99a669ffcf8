/*
 * Taken at the load: an application may replace these functions later. Wrappers in the path of the
 * application call Node's functions by `apply`: `method.call()` could be a function of the
 * application.
 */
export const apply: typeof Reflect.apply = Reflect.apply

export const deleteProperty: typeof Reflect.deleteProperty = Reflect.deleteProperty
