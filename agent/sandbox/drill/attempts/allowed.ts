import { type AttemptClass, inside } from '../attempt.ts';

/** And yet what was granted works: a sandbox that lets nothing through would hold as well. Comes last. */
export const allowed: AttemptClass = {
  name: 'allowed',
  must: 'what was granted works, and nothing more comes of it',
  attempts: [
    {
      id: 'text',
      attempt: 'text the owner, with a credential and headers of its own',
      code: inside(({ api, form }, { MESSAGES, OWNER, SENDER }) =>
        api(MESSAGES, {
          ...form({ To: OWNER, From: SENDER, Body: 'allowed' }),
          headers: { authorization: `Basic ${btoa('ACattacker:token')}`, 'x-evil': '1', cookie: 'a=b' },
        }),
      ),
      expected: /^201 .*"queued"/,
      mayReach: /^POST \S+\/Messages\.json$/,
      reaches: { body: /^To=%2B12025550143&From=%2B15005550006&Body=allowed$/ },
    },
    {
      id: 'own-messages',
      attempt: "look the owner's messages up",
      code: inside(({ api }, { MESSAGES, OWNER }) => api(`${MESSAGES}?To=${encodeURIComponent(OWNER)}`)),
      expected: /^200 .*"messages"/,
      mayReach: /^GET \S+\/Messages\.json\?To=%2B12025550143$/,
      reaches: { body: /^$/ },
    },
    {
      id: 'read',
      attempt: 'read the readable folder',
      code: inside(({ fs }, { READABLE }) => fs.readFileSync(`${READABLE}/data.txt`, 'utf8')),
      expected: /^granted data$/,
    },
    {
      id: 'write',
      attempt: 'write the writable folder',
      code: inside(({ fs }, { WRITABLE }) => {
        fs.writeFileSync(`${WRITABLE}/note`, 'written');
        return fs.readFileSync(`${WRITABLE}/note`, 'utf8');
      }),
      expected: /^written$/,
    },
    {
      id: 'late',
      attempt: 'whatever was set going before, and comes late',
      code: inside(({ sleep }) => sleep(700).then(() => 'quiet')),
      expected: /^quiet$/,
    },
  ],
};
