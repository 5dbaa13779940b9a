import {
  contractsSettings,
  defineSettings,
  gapSettings,
  kafkaSettings,
  runtimeSettings,
  setting
} from '@sluice/service'

export const settings = defineSettings({
  ...runtimeSettings({ adminPort: 9103 }),
  ...kafkaSettings,
  ...contractsSettings,
  ...gapSettings,
  GROUP_ID: setting.text({
    default: 'enricher',
    doc: 'Consumer group, and prefix of the transactional ids: two deployments must not share it.'
  }),
  ENRICHMENT_API: setting.text({ default: 'localhost:8001', doc: 'gRPC address of the enrichment API, `host:port`.' }),
  ENRICHMENT_DEADLINE_MS: setting.durationMs({
    default: 5_000,
    min: 50,
    doc: 'How long one call of the enrichment API may take.'
  })
})
