export { toAsyncapi } from './to-asyncapi.ts'
export { toMarkdown } from './to-markdown.ts'
export { toOdcs } from './to-odcs.ts'
