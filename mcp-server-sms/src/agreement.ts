// What a host and this server must agree on, so that the host can say beforehand what the server will do: the settings,
// the words of an alert, the rules for texts and for quiet hours, and what counts as a secret. Nothing here keeps state,
// calls Twilio or speaks MCP.
export { alertText, MAX_CATEGORY_UNITS } from './alert-text.ts';
export { type Config, readApiBaseUrl, readConfig, VARIABLES } from './config.ts';
export { parseQuietHours, type QuietHours, quietProblem } from './guards/quiet-hours.ts';
export { SECRET_SHAPES } from './guards/secrets.ts';
export { bodyProblem, stripReordering, type TextRules } from './guards/text.ts';
