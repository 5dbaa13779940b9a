import {
  contractsSettings,
  defineSettings,
  gapSettings,
  groupSettings,
  kafkaSettings,
  runtimeSettings,
  setting
} from '@sluice/service'

export const settings = defineSettings({
  ...runtimeSettings({ adminPort: 9103 }),
  ...kafkaSettings,
  ...contractsSettings,
  ...gapSettings,
  ...groupSettings,
  GROUP_ID: setting.text({
    default: 'enricher',
    doc: 'Consumer group, and prefix of the transactional ids: two deployments must not share it.'
  }),
  ENRICHMENT_API: setting.text({ default: 'localhost:8001', doc: 'gRPC address of the enrichment API, `host:port`.' }),
  ENRICHMENT_TLS: setting.flag({ default: false, doc: 'Whether the enrichment API is spoken to over TLS.' }),
  ENRICHMENT_TLS_CA_FILE: setting.path({
    optional: true,
    doc: 'PEM file of the authorities to trust instead of the public ones.'
  }),
  ENRICHMENT_TLS_CERT_FILE: setting.path({ optional: true, doc: 'PEM file of the client certificate.' }),
  ENRICHMENT_TLS_KEY_FILE: setting.path({ optional: true, doc: 'PEM file of the key of the client certificate.' }),
  ENRICHMENT_DEADLINE_MS: setting.durationMs({
    default: 5_000,
    min: 50,
    doc: 'How long one call of the enrichment API may take.'
  })
})
