import {
  contractsSettings,
  defineSettings,
  kafkaSettings,
  runtimeSettings,
  serverTlsSettings,
  setting
} from '@sluice/service'

export const settings = defineSettings({
  ...runtimeSettings({ adminPort: 9101 }),
  ...kafkaSettings,
  ...contractsSettings,
  HTTP_HOST: setting.text({ default: '0.0.0.0', doc: 'Address of REST and gRPC.' }),
  HTTP_PORT: setting.port({ default: 8080, doc: 'Port of REST.' }),
  GRPC_PORT: setting.port({ default: 8081, doc: 'Port of gRPC.' }),
  ...serverTlsSettings,
  GRPC_REFLECTION: setting.flag({ default: true, doc: 'Whether gRPC tells a client with a key what can be called.' }),
  API_KEYS_FILE: setting.path({
    default: '/secrets/api-keys.json',
    doc: 'API keys as salted hashes, each with the sources that it may write; followed while running.'
  }),
  MAX_BODY_BYTES: setting.integer({
    default: 1_048_576,
    min: 1_024,
    max: 16_777_216,
    doc: 'Largest body over REST.'
  }),
  MAX_IN_FLIGHT_BYTES: setting.integer({
    default: 33_554_432,
    min: 4_194_304,
    doc: 'Bytes of requests and unacknowledged records above which the answer is 503.'
  }),
  QUOTA_EVENTS_PER_SECOND: setting.integer({
    default: 0,
    min: 0,
    doc: 'Events that one API key may send in a second on average, 2,000 or 2 s of it at once; 0: no quota.'
  })
})
