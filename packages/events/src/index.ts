export { checkClientEnvelope, checkEnvelope, maxIdBytes } from './check-envelope.ts'
export { crashChannel, crashPoint, crashPoints, type CrashPoint } from './crash-point.ts'
export * from './errors.ts'
export * from './event.ts'
export { identityOf } from './identity.ts'
export { pointerTo, valueAt } from './json-pointer.ts'
export { locateData, type Extent } from './locate-data.ts'
export * from './log.ts'
export * from './outcome.ts'
export {
  maxEventDepth,
  parseJsonStrict,
  type JsonProblemCode,
  type ParsedJson,
  type ParseOptions
} from './parse-json-strict.ts'
export { maxCarriedBytes, maxEventBytes, readEvent } from './read-event.ts'
export { spliceIntoData } from './splice-into-data.ts'
export { isInt64, isStrictDate, isStrictDateTime } from './strict-formats.ts'
