import { contractsSettings, defineSettings, kafkaSettings, runtimeSettings, setting } from '@sluice/service'

export const settings = defineSettings({
  ...runtimeSettings({ adminPort: 9106 }),
  COLLECTOR_URL: setting.url({
    protocols: ['http:', 'https:'],
    default: 'http://localhost:8080',
    doc: 'The collector; events go to `/v1/events` there.'
  }),
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
    doc: 'Simulated seconds per second; `max` follows no clock and sends as fast as it can.'
  }),
  LANES: setting.integer({
    default: 4,
    min: 1,
    max: 16,
    doc: 'Requests in flight at once, with the events of one flight always in the same one.'
  }),
  DATA_DIR: setting.path({ default: 'data', doc: 'Folder of the flights of 2013.' }),
  STATE_DIR: setting.path({ default: '.sluice/state/flight-producer', doc: 'Folder of the state file.' }),
  ...kafkaSettings,
  ...contractsSettings
})
