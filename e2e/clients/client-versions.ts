const ofPython = (name: string): string => `python3 -c "import importlib.metadata as m; print(m.version('${name}'))"`

/** What prints the version of a client, by its name on the page. */
const commands: Readonly<Record<string, string>> = {
  'CloudEvents SDK for Python': ofPython('cloudevents'),
  'CloudEvents SDK for JavaScript': `node -p "require('./node_modules/cloudevents/package.json').version"`,
  curl: 'curl --version | sed -n 1p',
  // Made by Go, it does not know its own version.
  grpcurl: `go version -m "$(command -v grpcurl)" | awk '$1 == "mod" {print $3}' || grpcurl --version 2>&1`,
  OpenAPI: ofPython('openapi-spec-validator'),
  tritonclient: ofPython('tritonclient'),
  kcat: 'kcat -V | sed -n /Version/p',
  'redis-cli': 'redis-cli --version',
  'delta-rs': ofPython('deltalake'),
  DuckDB: ofPython('duckdb'),
  Prometheus: ofPython('prometheus-client')
}

/** The command for a client of the page. Throws for one that it does not know: a block needs one. */
export function versionCommand(client: string): string {
  const command = commands[client]
  if (command === undefined) {
    throw new Error(
      `expected a client of ${Object.keys(commands).join(', ')}, found ${client}: add what prints its version`
    )
  }
  return command
}
