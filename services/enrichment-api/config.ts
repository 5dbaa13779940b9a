import { defineSettings, runtimeSettings, serverTlsSettings, setting } from '@sluice/service'

export const settings = defineSettings({
  ...runtimeSettings({ adminPort: 9102 }),
  HTTP_HOST: setting.text({ default: '0.0.0.0', doc: 'Address of REST and gRPC.' }),
  HTTP_PORT: setting.port({ default: 8000, doc: 'Port of REST.' }),
  GRPC_PORT: setting.port({ default: 8001, doc: 'Port of gRPC.' }),
  ...serverTlsSettings,
  GRPC_REFLECTION: setting.flag({ default: true, doc: 'Whether gRPC tells a client what can be called.' }),
  MODELS_DIR: setting.path({
    default: 'models',
    doc: 'Folder of the models, `<name>/<version>/`; all of them are served.'
  }),
  MAX_PENDING: setting.integer({
    default: 64,
    min: 1,
    doc: 'Requests that may wait for the model; further ones are told to come again.'
  })
})
