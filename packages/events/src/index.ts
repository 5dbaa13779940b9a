export * from './errors.ts'
export * from './event.ts'
export * from './log.ts'
export * from './outcome.ts'
