/** In a file of its own: a command line lists the names without loading a runtime. */
export const RUNTIME_CHOICES = ['docker', 'bubblewrap', 'process', 'auto'] as const;
export type RuntimeChoice = (typeof RUNTIME_CHOICES)[number];
