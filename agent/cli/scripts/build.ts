import { bundle } from '../../images/bundle.ts';

// `npm run build`
await bundle();
process.stdout.write('Wrote dist/gateway, dist/sms and dist/spending\n');
