import { runProgram } from '@spendwise/sandbox/run-program';
import { spendwiseProgram } from './program.ts';

await runProgram(spendwiseProgram());
