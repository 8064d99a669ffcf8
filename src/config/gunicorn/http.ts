import { type GunicornSettings, refused } from './answer.ts'

const headers = 'Use `node --max-http-header-size=BYTES`, or an option of `createServer()`.'
const tls = 'The application has the TLS of its server: `https.createServer()`.'
const http2 = 'The application chooses HTTP/2 and its limits: `http2.createSecureServer()`.'
const proxies = 'The application decides which proxies it trusts, such as by `trust proxy`.'
const parser = "Node's parser of HTTP decides what is valid. See `insecureHTTPParser`."

/** Settings of gunicorn about HTTP and TLS. The server belongs to the application here. */
export const httpSettings: GunicornSettings = {
  limit_request_line: refused(headers, '--limit-request-line'),
  limit_request_fields: refused('Set `server.maxHeadersCount`.', '--limit-request-fields'),
  limit_request_field_size: refused(headers, '--limit-request-field_size'),
  secure_scheme_headers: refused(proxies),
  forwarded_allow_ips: refused(proxies, '--forwarded-allow-ips'),
  forwarder_headers: refused(proxies, '--forwarder-headers'),
  proxy_protocol: refused(
    'Node.js has no PROXY protocol. Use a proxy that sends `X-Forwarded-For`.',
    '--proxy-protocol',
  ),
  proxy_allow_ips: refused('Node.js has no PROXY protocol.', '--proxy-allow-from'),
  protocol: refused('A server of Node.js speaks HTTP. There is no uWSGI.', '--protocol'),
  uwsgi_allow_ips: refused('There is no uWSGI.', '--uwsgi-allow-from'),
  keyfile: refused(tls, '--keyfile'),
  certfile: refused(tls, '--certfile'),
  ssl_version: refused(tls, '--ssl-version'),
  cert_reqs: refused(tls, '--cert-reqs'),
  ca_certs: refused(tls, '--ca-certs'),
  suppress_ragged_eofs: refused(tls, '--suppress-ragged-eofs'),
  do_handshake_on_connect: refused(tls, '--do-handshake-on-connect'),
  ciphers: refused(tls, '--ciphers'),
  ssl_context: refused(tls),
  http_protocols: refused(http2, '--http-protocols'),
  http2_cleartext: refused('Use `http2.createServer()`.', '--http2-cleartext'),
  http2_max_concurrent_streams: refused(http2, '--http2-max-concurrent-streams'),
  http2_initial_window_size: refused(http2, '--http2-initial-window-size'),
  http2_max_frame_size: refused(http2, '--http2-max-frame-size'),
  http2_max_header_list_size: refused(http2, '--http2-max-header-list-size'),
  permit_obsolete_folding: refused(parser, '--permit-obsolete-folding'),
  strip_header_spaces: refused(parser, '--strip-header-spaces'),
  permit_unconventional_http_method: refused(parser, '--permit-unconventional-http-method'),
  permit_unconventional_http_version: refused(parser, '--permit-unconventional-http-version'),
  casefold_http_method: refused(parser, '--casefold-http-method'),
  http_parser: refused(parser, '--http-parser'),
  header_map: refused('Headers do not become variables here.', '--header-map'),
  websocket_max_message_size: refused(
    'The WebSocket library of the application has the limit.',
    '--websocket-max-message-size',
  ),
}
