import { channel } from 'node:diagnostics_channel'

/** Moments within a commit at which everything must survive a kill. Nothing happens there unless somebody listens. */
export const crashPoints = [
  /** A raw record is durable, its client not answered. */
  'record-acknowledged',
  /** The transactional id is ours, the position not read. */
  'lane-fenced',
  /** The outputs of a transaction are in the log, its offsets not. */
  'outputs-sent',
  /** Outputs and offsets are there, the transaction is open. */
  'offsets-sent',
  /** The broker has committed, we have not noted it. */
  'transaction-committed',
  /** Around the PUT of a Parquet file. */
  'data-unsaved',
  'data-saved',
  /** Around the PUT of a commit to a table's log; the creation of a table is one. */
  'commit-unsaved',
  'commit-saved',
  /** Around the call that stores a batch and its position in the real-time store. */
  'batch-unsaved',
  'batch-saved'
] as const

export type CrashPoint = (typeof crashPoints)[number]

/** Hears the name of each point as it is passed, before anything else happens. */
export const crashChannel = channel('sluice.crash-point')

/** Marks a moment at which a fault test may have the process die. */
export function crashPoint(name: CrashPoint): void {
  if (crashChannel.hasSubscribers) crashChannel.publish(name)
}
