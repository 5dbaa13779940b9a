export { addReflection } from './add-reflection.ts'
export { bindServer, type GrpcPlace } from './bind-server.ts'
export { createServer } from './create-server.ts'
