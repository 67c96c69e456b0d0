import { bundle } from '../../images/bundle.ts';
import { DIST } from '../../settings/installation.ts';

// `npm run build`
await bundle(DIST);
process.stdout.write('Wrote dist/gateway, dist/sms and dist/spending\n');
