export { compareContracts, type Comparison, type CounterExample, type Finding, type Step } from './compare-contracts.ts'
