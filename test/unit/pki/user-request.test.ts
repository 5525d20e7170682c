import { expect, test } from 'vitest';
import { parseCsr, userRequest } from '../../../src/pki/index.ts';

test('a request of a user names it and its groups, and nothing else', async () => {
  const { requestPem, keyPem } = await userRequest('ann', ['developers', 'on-call']);
  expect(keyPem).toMatch(/^-----BEGIN (EC )?PRIVATE KEY-----/);
  expect(parseCsr(requestPem)).toMatchObject({
    ok: true,
    csr: {
      commonName: 'ann',
      organizations: expect.arrayContaining(['developers', 'on-call']) as string[],
      otherSubject: [],
      extensions: [],
      isCa: false,
    },
  });
});
