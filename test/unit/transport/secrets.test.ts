import { expect, it } from 'vitest';
import { openSecrets } from '../../../src/transport/secrets.ts';

const { signal } = new AbortController();
const ops = { what: 'password of ops', host: 'h1' };

/** Answers come when they are given; questions are noted when they are asked. */
function person() {
  const asked: string[] = [];
  const answers: ((text: string) => void)[] = [];
  const ask = (question: string): Promise<string> => {
    asked.push(question);
    return new Promise((resolve) => answers.push(resolve));
  };
  return { asked, ask, answer: (text: string) => answers.shift()?.(text) };
}

it('asks one question at a time, and each once for all hosts that share it', async () => {
  const { asked, ask, answer } = person();
  const secrets = openSecrets(ask);
  const shared = ['h1', 'h2', 'h3'].map((host) => secrets.get({ ask: 'once' }, { ...ops, host }, signal));
  const own = secrets.get({ ask: 'host' }, { ...ops, host: 'h2' }, signal);
  await expect.poll(() => asked).toEqual(['password of ops']);
  answer('one');
  expect(await Promise.all(shared)).toEqual(['one', 'one', 'one']);
  await expect.poll(() => asked).toEqual(['password of ops', 'password of ops on h2']);
  answer('two');
  expect(await own).toBe('two');
});

it('asks the next question although the one before failed', async () => {
  const secrets = openSecrets((question) =>
    question.endsWith('h1') ? Promise.reject(new Error('no')) : Promise.resolve('yes'),
  );
  const first = secrets.get({ ask: 'host' }, ops, signal);
  const second = secrets.get({ ask: 'host' }, { ...ops, host: 'h2' }, signal);
  await expect(first).rejects.toThrow('no');
  expect(await second).toBe('yes');
});

it.each([
  ['nothing', 'true', 'it is empty'],
  ['two lines', 'echo a; echo b', 'it has more than one line'],
  ['an error', 'echo away >&2; exit 4', 'it ended with exit code 4: away'],
])('refuses a command that gives %s', async (_what, command, why) => {
  const secrets = openSecrets(() => Promise.resolve(''));
  await expect(secrets.get({ command }, ops, signal)).rejects.toMatchObject({ code: 'PASSWORD_UNREADABLE', why });
});

it('takes a password as it is, blanks included, without the end of its line', async () => {
  const secrets = openSecrets(() => Promise.resolve(''));
  expect(await secrets.get({ command: "printf ' a b\\t\\n'" }, ops, signal)).toBe(' a b\t');
});

it('tells of a file that is not there', async () => {
  const secrets = openSecrets(() => Promise.resolve(''));
  await expect(secrets.get({ file: '/nowhere/password' }, ops, signal)).rejects.toMatchObject({
    code: 'PASSWORD_UNREADABLE',
    host: 'h1',
    message: 'h1: the password of ops cannot be had from /nowhere/password',
  });
});
