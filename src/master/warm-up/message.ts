/** Functions of `onWarmUp()` run: the worker must get no connections. */
export const warmingCommand = 'NODE_GUNICORN_WARMING'
/** All functions of `onWarmUp()` have succeeded. */
export const warmCommand = 'NODE_GUNICORN_WARM'
