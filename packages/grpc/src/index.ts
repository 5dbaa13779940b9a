export { addReflection } from './add-reflection.ts'
