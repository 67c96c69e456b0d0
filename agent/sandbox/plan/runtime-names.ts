/** In its own file, so that the command line can list the names without loading a runtime. */
export const RUNTIME_CHOICES = ['docker', 'bubblewrap', 'process', 'auto'] as const;
export type RuntimeChoice = (typeof RUNTIME_CHOICES)[number];
