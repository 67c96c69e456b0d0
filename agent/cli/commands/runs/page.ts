import { SpendwiseError } from '@spendwise/sandbox/errors';
import { ours, type Shown, shown } from '@spendwise/sandbox/shown';
import { runPage } from '../../../pages/run/page.ts';
import { storyOfRun } from '../../../pages/run/reading/parts.ts';
import { keepPage, writePage } from '../../../pages/write.ts';
import { type RecordedRun, readRun } from '../../../runs/read.ts';

/** Makes the page of a recorded run: the file that was named, or one among the pages of the state folder. Throws Failed. */
export async function makePage(stateDir: string, run: RecordedRun, file?: string): Promise<string> {
  const page = await pageOf(stateDir, run);
  return file === undefined ? keepPage(stateDir, run.id, page) : writePage(file, page);
}

const pageOf = (stateDir: string, run: RecordedRun, recordGone = false) =>
  runPage({ ...storyOfRun(stateDir, run), ...(recordGone && { recordGone }) });

/**
 * The page of a run that is over, and the line that names it. `record` is the state folder of the run, `pages` the one
 * that keeps its page: another one if the first is thrown away. The page is an extra: what goes wrong with it is a warning.
 */
export async function leavePage(
  id: string | undefined,
  { record, pages }: { readonly record: string; readonly pages: string },
  warn: (line: string) => void,
): Promise<Shown[]> {
  // Nothing is on record: a warning said why.
  if (id === undefined) return [];
  let again = '';
  try {
    const page = await pageOf(record, readRun(record, id), record !== pages);
    if (record === pages) again = `; then \`spendwise runs show ${id} --html\` makes it`;
    return [ours`Page of this run: ${shown(keepPage(pages, id, page), MAX_PATH)}`];
  } catch (error) {
    warn(`no page of this run: ${error instanceof Error ? error.message : String(error)}`);
    if (error instanceof SpendwiseError) warn(`hint: ${error.hint}${again}`);
    return [];
  }
}

export const MAX_PATH = 4_096;
