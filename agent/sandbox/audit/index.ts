export { type AuditEvent, AuditLog } from './audit-log.ts';
export { describeProblem } from './describe-problem.ts';
export { assertOwnRuns, findLog, headFile, partFile, runLogs } from './files.ts';
export { type AuditLine, fieldText } from './line.ts';
export { isDenial, type LogSummary, summarize, walkLog } from './read.ts';
export { type Removed, readRemovals, removalsFile } from './removals.ts';
export { StderrFile, stderrFile } from './stderr-file.ts';
export type { Problem, Verdict } from './verify.ts';
