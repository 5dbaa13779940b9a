export const exportFormats = ['asyncapi', 'odcs', 'typescript', 'markdown'] as const
export type ExportFormat = (typeof exportFormats)[number]
