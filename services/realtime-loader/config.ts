import {
  contractsSettings,
  gapSettings,
  groupSettings,
  defineSettings,
  kafkaSettings,
  redisSettings,
  runtimeSettings,
  setting
} from '@sluice/service'

export const settings = defineSettings({
  ...runtimeSettings({ adminPort: 9105 }),
  ...kafkaSettings,
  ...redisSettings,
  ...contractsSettings,
  ...gapSettings,
  ...groupSettings,
  GROUP_ID: setting.text({
    default: 'realtime-loader',
    doc: 'Consumer group: loaders of one group share the partitions.'
  }),
  ACCEPT_NEW_LOG: setting.flag({
    default: false,
    doc: 'Whether to forget, once, what came of an earlier life of the topic, and start anew with this one.'
  })
})
