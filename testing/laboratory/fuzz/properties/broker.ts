import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { Broker } from '../../../../agent/sandbox/broker/broker.ts';
import { Dialer } from '../../../../agent/sandbox/broker/dial.ts';
import { EgressPolicy } from '../../../../agent/sandbox/broker/egress-policy.ts';
import { encodeFrame, FrameType } from '../../../../agent/sandbox/gateway/frames.ts';
import { MCPManifest } from '../../../../agent/sandbox/manifest/manifest.ts';
import type { RuntimePermission } from '../../../../agent/sandbox/manifest/permissions.ts';
import type { EgressEvent } from '../../../../agent/sandbox/plan/egress.ts';
import { launchPlan } from '../../../../agent/sandbox/plan/launch-plan.ts';
import { type FuzzProperty, inPieces, mutated, randomBytes } from '../fuzz-property.ts';
import { helloOf, NAME } from './client-hello.ts';

const granted: RuntimePermission[] = [{ type: 'domain', domain: NAME, port: 443 }];
const ours = await helloOf({ servername: NAME });
const anothers = await helloOf({ servername: 'evil.example' });

const json = fc.oneof(
  fc.record({
    address: fc.constantFrom('127.77.0.1', '127.77.0.2', '10.0.0.1', '::1', '1.2.3.4', 'x'),
    port: fc.constantFrom(443, 80, 0, 70_000, 1.5),
  }),
  fc.constantFrom({ address: '127.77.0.1', port: 443 }),
  fc.record({ dns: fc.string({ maxLength: 400 }) }),
  fc.constantFrom({ ports: [443] }, { ports: ['x'] }, { ready: true }, null, []),
  fc.jsonValue(),
);
const frame = fc
  .tuple(
    fc.constantFrom(...Object.values(FrameType), FrameType.OPEN, FrameType.DATA, FrameType.DATA),
    fc.nat({ max: 4 }),
    fc.oneof(
      json.map((value) => Buffer.from(JSON.stringify(value))),
      fc.constantFrom(ours, anothers, ours.subarray(0, 100)),
      randomBytes(30),
    ),
  )
  .map(([type, stream, payload]) => encodeFrame(type, stream, payload));
/** What a broken or hostile gateway sends; sometimes streams are opened and speak TLS for the right name. */
const session = fc.array(frame, { maxLength: 20 }).map((frames) => Buffer.concat(frames));
const connection = fc
  .constantFrom(ours, anothers)
  .map((hello) =>
    Buffer.concat([
      encodeFrame(FrameType.OPEN, 9, Buffer.from('{"address":"127.77.0.1","port":443}')),
      encodeFrame(FrameType.DATA, 9, hello),
    ]),
  );

export const brokerProperties: FuzzProperty[] = [
  {
    name: 'a hostile gateway makes the broker dial nothing but what was granted, and is given up once at most',
    cases: 1_000,
    share: 2,
    open: async () => {
      const manifest = new MCPManifest({ name: 'x', registry: 'npm', packageName: 'x', permissions: [] });
      const bytes = fc.oneof(
        session,
        mutated(session),
        fc.tuple(connection, mutated(session)).map((both) => Buffer.concat(both)),
      );
      const property = fc.asyncProperty(inPieces(bytes), async (chunks) => {
        const [dialled, recorded, failures]: [string[], EgressEvent[], string[]] = [[], [], []];
        const dialer = new Dialer(async (domain) => {
          dialled.push(domain);
          throw new Error('no network here');
        });
        const plan = launchPlan(manifest, { granted, refused: [] }, {});
        const record = (event: EgressEvent) => void recorded.push(event);
        const broker = await Broker.create({ policy: new EgressPolicy(granted), plan, record, dialer });
        const gateway = { stdin: new PassThrough(), stdout: new PassThrough() };
        gateway.stdin.resume();
        const stages = broker.attach(gateway, (reason) => void failures.push(reason));
        for (const chunk of chunks) gateway.stdout.write(chunk);
        await turn();
        gateway.stdout.destroy();
        await Promise.allSettled([stages.started, stages.ready]);
        await turn();
        assert.ok(failures.length <= 1);
        for (const failure of failures) assert.equal(failure, 'the gateway broke the protocol');
        assert.ok(dialled.every((domain) => domain === NAME));
        assert.ok(recorded.every(({ verdict }) => verdict !== 'allowed'));
      });
      return { property: property as fc.IRawProperty<unknown> };
    },
  },
];
