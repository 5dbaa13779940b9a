import {
  contractsSettings,
  defineSettings,
  kafkaSettings,
  redisSettings,
  runtimeSettings,
  s3Settings,
  setting
} from '@sluice/service'

export const settings = defineSettings({
  ...runtimeSettings({ adminPort: 9108 }),
  HTTP_HOST: setting.text({ default: '127.0.0.1', doc: 'Address of the page.' }),
  HTTP_PORT: setting.port({ default: 3000, doc: 'Port of the page.' }),
  SERVICES: setting.list({
    default: [
      'collector=localhost:9101',
      'enrichment-api=localhost:9102',
      'enricher=localhost:9103',
      'batch-loader=localhost:9104',
      'realtime-loader=localhost:9105',
      'flight-producer=localhost:9106',
      'weather-producer=localhost:9107'
    ],
    doc: 'What is watched: `name=host:port` of each service’s `/readyz` and `/metrics`.'
  }),
  ENRICHMENT_API_URL: setting.url({
    protocols: ['http:', 'https:'],
    default: 'http://localhost:8000',
    doc: 'Where the description of a model is read (Open Inference Protocol over REST).'
  }),
  ENRICHER_GROUP: setting.text({
    default: 'enricher',
    doc: 'Consumer group whose position in the raw topic is shown.'
  }),
  FLUSH_MS: setting.durationMs({
    default: 60_000,
    doc: 'Window in which the batch loader is expected to commit, the same as its own setting.'
  }),
  BACKFILL_RECORDS: setting.integer({
    default: 120_000,
    min: 0,
    max: 2_000_000,
    doc: 'Raw records from before the start that are counted; the log is read back that far.'
  }),
  MAX_RECORDS_PER_SECOND: setting.integer({
    default: 5_000,
    min: 100,
    doc: 'Records that are read in a second at most; beyond it the page falls behind and says so.'
  }),
  LAUNCHER_STATE: setting.path({
    optional: true,
    doc: 'File in which `npm start` keeps how its processes ended; tells a service that refused to run from one that is down.'
  }),
  WORK_DIR: setting.path({ default: '.sluice/tmp/console', doc: 'Folder for what is in hand when the lake is read.' }),
  ...kafkaSettings,
  ...s3Settings,
  ...redisSettings,
  ...contractsSettings
})
