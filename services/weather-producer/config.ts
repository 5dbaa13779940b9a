import { contractsSettings, defineSettings, kafkaSettings, runtimeSettings, setting } from '@sluice/service'

export const settings = defineSettings({
  ...runtimeSettings({ adminPort: 9107 }),
  COLLECTOR_GRPC: setting.text({ default: 'localhost:8081', doc: 'gRPC side of the collector, `host:port`.' }),
  COLLECTOR_TLS: setting.flag({ default: false, doc: 'Whether the collector is spoken to over TLS.' }),
  API_KEY: setting.secret({ doc: 'Key that the collector knows, `<id>.<secret>`.' }),
  FROM: setting.text({
    default: '2013-09-01',
    pattern: /^\d{4}-\d\d-\d\d$/,
    expected: 'a date such as 2013-09-01',
    doc: 'First day of event times, UTC.'
  }),
  TO: setting.text({
    default: '2014-01-01',
    pattern: /^\d{4}-\d\d-\d\d$/,
    expected: 'a date such as 2014-01-01',
    doc: 'Day of event times, UTC, at which the replay ends and idles.'
  }),
  SPEED: setting.text({
    default: '600',
    pattern: /^(max|\d{1,7}(\.\d{1,3})?)$/,
    expected: 'simulated seconds per second, such as 600, or max',
    doc: '`max` follows no clock and sends as fast as it can; else the clock of `platform.control` is followed, whatever its speed.'
  }),
  DATA_DIR: setting.path({ default: 'data', doc: 'Folder of the weather of 2013.' }),
  STATE_DIR: setting.path({ default: '.sluice/state/weather-producer', doc: 'Folder of the state file.' }),
  ...kafkaSettings,
  ...contractsSettings
})
