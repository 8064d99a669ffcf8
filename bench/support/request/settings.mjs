/** The settings of requests with everything on, for subjects that use the collectors alone. */
export const requestSettings = {
  httpMetrics: true,
  httpBodySizes: true,
  httpStatusGroups: false,
  httpExclude: ['/healthz', '/assets/**'],
  httpExcludeMethods: ['OPTIONS'],
  httpLongPolls: ['/socket.io/**'],
  httpPathRules: ['/shops/*/items/** => /shops/:shop/items'],
  httpEndpoints: 1_000,
  httpGraphql: false,
}
