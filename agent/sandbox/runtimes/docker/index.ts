export { dockerCommand } from './docker-command.ts';
export { reap } from './reaper.ts';
