export type { Code } from '../plan/launch-plan.ts';
export { chooseRuntime } from './choose.ts';
export type { ContainerImages } from './docker/docker.ts';
