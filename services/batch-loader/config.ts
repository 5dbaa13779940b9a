import {
  contractsSettings,
  defineSettings,
  gapSettings,
  groupSettings,
  kafkaSettings,
  runtimeSettings,
  s3Settings,
  setting
} from '@sluice/service'

export const settings = defineSettings({
  ...runtimeSettings({ adminPort: 9104 }),
  ...kafkaSettings,
  ...s3Settings,
  ...contractsSettings,
  ...gapSettings,
  ...groupSettings,
  GROUP_ID: setting.text({
    default: 'batch-loader',
    doc: 'Consumer group: loaders of one group share the partitions.'
  }),
  SPOOL_DIR: setting.path({
    default: '/tmp/spool',
    doc: 'Folder for rows that wait for the next flush; needs some four times FLUSH_BYTES.'
  }),
  FLUSH_ROWS: setting.integer({
    default: 100_000,
    min: 1,
    doc: 'Rows, over all tables and partitions, at which they are flushed; reading waits there while a flush runs.'
  }),
  FLUSH_BYTES: setting.integer({
    default: 67_108_864,
    min: 1,
    doc: 'Bytes of spooled rows at which they are flushed.'
  }),
  FLUSH_MS: setting.durationMs({ default: 60_000, min: 10, doc: 'Longest time that a row waits for a flush.' }),
  ACCEPT_NEW_LOG: setting.flag({
    default: false,
    doc: 'Whether tables that were loaded from an earlier life of the topics may go on with this one.'
  })
})
