// Bug: the OTLP exporter was resolved from argv[1] alone. Behind `node -e`, argv[1] is no path, and
// nothing was pushed.

