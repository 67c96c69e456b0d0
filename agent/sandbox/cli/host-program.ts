import type { Environment } from '../foundation/environment.ts';
import type { MCPManifest } from '../manifest/manifest.ts';
import type { Diversion } from '../plan/egress.ts';
import type { ChooseOptions } from '../runtimes/choose.ts';
import type { ContainerImages } from '../runtimes/docker/docker.ts';

/** What the program brings that has the sandbox's commands: `spendwise`, or the one of this package. */
export interface HostProgram {
  /** What a person types before the name of a command. */
  readonly command: string;
  /** The program and its arguments before the name of a command, for the configuration of an MCP client: absolute paths. */
  readonly start: readonly [string, ...string[]];
  /** The operator's variables. Throws NotConfigured. */
  environment(): Environment;
  /** Connections of a server that go to a listener on this machine instead. Rejects with NotConfigured. */
  diversions(environment: Environment, manifest: MCPManifest): Promise<readonly Diversion[]>;
  /** The gateway's image, and images of its own that manifests may name. */
  prepareImages(environment: Environment, notice: (line: string) => void): Promise<ContainerImages>;
  readonly prepareBundles: ChooseOptions['prepareBundles'];
}
