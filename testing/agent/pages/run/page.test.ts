import { expect, test } from 'vitest';
import { headline } from '../../../../agent/pages/run/headline.ts';
import { layOut } from '../../../../agent/pages/run/layout.ts';
import { opening } from '../../../../agent/pages/run/opening.ts';
import { NO_COUNTS, type Story } from '../../../../agent/pages/run/story.ts';
import { topology } from '../../../../agent/pages/run/topology.ts';
import { inWords } from '../../../../agent/pages/run/topology-in-words.ts';
import { demoStory } from '../../../support/stories.ts';

const demo = demoStory();
const factsOf = (story: Story) => opening(story, 'UTC').text;
const mapOf = (story: Story) => topology(story).drawing.text;

test('a server without a sandbox can reach any host, which nobody watched, and its texts reach the phone', () => {
  const story: Story = {
    ...demo,
    runtime: 'process',
    servers: demo.servers.map((server) => ({ ...server, runtime: 'process', isolated: false, hosts: [] })),
  };
  expect(factsOf(story)).toContain('4 tool calls, connections unknown');
  const map = mapOf(story);
  expect(map.match(/>any host<.*?>nobody watched</gs)).toHaveLength(2);
  expect(map).not.toContain('the only way out');
  expect(map).toContain('>2 texts<');
  expect(map).toContain('>Stand-in<');
  expect(mapOf(demo)).not.toContain('any host');
});

test('a server that ended before the run did is crossed out on the map, and named at the top and in words', () => {
  const [ended, ...others] = demo.servers;
  if (ended === undefined) throw new Error('the demo has servers');
  const story: Story = { ...demo, servers: [{ ...ended, ended: 'exit code 4' }, ...others] };
  const [map, words] = [mapOf(story), inWords(story).map(({ text }) => text)];
  expect(
    map.match(/<g class="server ended">.*?<use href="#mark-failed"\/>.*?>ENDED: exit code 4</gs),
  ).toHaveLength(1);
  expect(words[0]).toContain('. It ENDED before the run did: exit code 4.');
  expect(factsOf(story)).toContain(`<li>The server ${ended.name} ended before the run did: exit code 4</li>`);
  for (const text of [mapOf(demo), words[1], factsOf(demo)]) expect(text).not.toMatch(/ended/i);
});

test('a text of which nobody knows is none that passed', () => {
  const [text] = demo.texts;
  if (text === undefined) throw new Error('the demo sends texts');
  const story: Story = { ...demo, texts: [{ ...text, state: 'unknown' }] };
  expect(factsOf(story)).toContain(
    '1 text may have gone out;</span> <span>4 staged attempts were stopped</span></h1>',
  );
  expect(mapOf(story)).toContain('>1 not known<');
  const both: Story = { ...demo, texts: [text, { ...text, state: 'unknown' }] };
  expect(factsOf(both)).toContain('1 text reached the stand-in phone, 1 more may have;</span>');
  expect(factsOf(both)).toContain('What went out or may have gone out</h2>');
  expect(mapOf(both)).toContain('>1 of 2 not known<');
  expect(mapOf({ ...demo, texts: [{ ...text, state: 'failed' }] })).not.toContain('Phone');
});

test('only of a stand-in the page says that nothing was really sent', () => {
  const texts = (twilio: string) => factsOf({ ...demo, twilio });
  expect(texts('stand-in')).toContain('Nothing was really sent');
  expect(texts('override')).toContain('2 texts went out, not to Twilio;');
  expect(texts('override')).toContain('texts go to that address, not to Twilio');
  expect(texts('live')).toContain('2 texts went out;');
  expect(texts('unknown')).toContain('not on record whether texts went to Twilio');
  for (const twilio of ['override', 'live', 'unknown', 'constructor'])
    expect(texts(twilio)).not.toMatch(/really sent|stand-in phone/);
  expect(mapOf(demo)).toContain('>:443, a stand-in<');
  expect(mapOf({ ...demo, twilio: 'override' })).toContain('>:443, not Twilio<');
  expect(mapOf({ ...demo, twilio: 'live' })).toContain('>:443<');
});

test('a permission that was refused is no attempt', () => {
  const [moment] = demo.moments;
  if (moment === undefined) throw new Error('the demo has moments');
  const refused = {
    lane: 'you',
    verdict: 'stopped',
    title: 'refused: env var: X',
    because: undefined,
  } as const;
  const refusal = { ...moment, ...refused };
  const only = headline({ ...demo, moments: [refusal] });
  expect(only).toContain('; 1 permission was refused');
  const both = headline({ ...demo, moments: [...demo.moments, { ...refusal, times: 2 }] });
  expect(both).toContain('; 4 staged attempts were stopped, 2 permissions were refused');
});

test('a call of SpendWise itself is none of the model', () => {
  const servers = demo.servers.map((server) => ({ ...server, own: 1 }));
  expect(mapOf({ ...demo, servers })).toContain('>1 call by SpendWise<');
  expect(mapOf({ ...demo, servers })).toContain('>4 calls<');
});

test('a call that failed is said once', () => {
  const servers = demo.servers.map((server) => ({ ...server, calls: { ...NO_COUNTS, failed: 1 } }));
  expect(mapOf({ ...demo, servers })).toContain('>1 failed<');
});

test('without an audit log, connections and what was stopped are not known, and calls are of the record', () => {
  const story: Story = {
    ...demo,
    gaps: ['the audit log is not known'],
    audit: undefined,
    moments: demo.moments.filter(({ lane }) => !['door', 'broker'].includes(lane)),
    servers: demo.servers.map((server) => ({ ...server, runtime: undefined, isolated: false, hosts: [] })),
  };
  const facts = factsOf(story);
  expect(facts).toContain(
    '2 texts reached the stand-in phone;</span> <span>nothing is known to have been stopped</span></h1>',
  );
  expect(facts).toContain('3 tool calls, connections unknown');
  expect(mapOf(story)).toContain('>no start on record<');
});

test('what happened in the same millisecond stands in its order: a call never after what it led to', () => {
  const [moment] = demo.moments;
  if (moment === undefined) throw new Error('the demo has moments');
  const lanes = ['demo', 'demo', 'demo', 'door'] as const;
  const moments = lanes.map((lane, at) => ({ ...moment, n: at + 1, lane, from: demo.began, to: undefined }));
  const places = layOut({ ...demo, moments }).marks.map(({ x }) => x);
  expect(places).toEqual(places.toSorted((a, b) => a - b));
});
