// What a host shares with this server, to predict what it will do: settings, the words of an alert, the rules for texts
// and quiet hours, and the shapes of secrets. Nothing here keeps state, calls Twilio or speaks MCP.
export { alertText, MAX_CATEGORY_UNITS } from './alert-text.ts';
export { type Config, readApiBaseUrl, readConfig, VARIABLES } from './config.ts';
export { parseQuietHours, type QuietHours, quietProblem } from './guards/quiet-hours.ts';
export { SECRET_SHAPES } from './guards/secrets.ts';
export { bodyProblem, stripReordering, type TextRules } from './guards/text.ts';
