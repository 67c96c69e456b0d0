import { join } from 'node:path';
import { runPage } from '../../../agent/pages/run/page.ts';
import { storyOfRun } from '../../../agent/pages/run/reading/parts.ts';
import { writePage } from '../../../agent/pages/write.ts';
import { runIds } from '../../../agent/runs/files.ts';
import { readRun } from '../../../agent/runs/read.ts';

/** Makes the page of the newest run of a state folder. Prints the milliseconds without the start, and the peak in bytes. */
const [state = ''] = process.argv.slice(2);
const [id = ''] = runIds(state);
const started = performance.now();
writePage(join(state, 'page.html'), await runPage(storyOfRun(state, readRun(state, id))));
const ms = performance.now() - started;
process.stdout.write(JSON.stringify({ ms, peak: process.resourceUsage().maxRSS * 1024 }));
