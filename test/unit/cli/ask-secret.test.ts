import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { askSecret } from '../../../src/cli/ask-secret.ts';
import { memory } from '../report/output.ts';

const { signal } = new AbortController();

/** A terminal at which this is typed. */
function terminal(typed: string) {
  const input = Object.assign(new PassThrough(), { isTTY: true as const, setRawMode: () => undefined });
  const [out, err] = [memory(), memory()];
  setImmediate(() => input.write(typed));
  return { io: { in: input, out: out.stream, err: err.stream, env: {} }, shown: () => out.text() + err.text() };
}

it('shows the question and nothing of the answer', async () => {
  const { io, shown } = terminal('se cret$\r');
  expect(await askSecret(io, 'password of ops', signal)).toBe('se cret$');
  expect(shown()).toBe('password of ops: \n');
});

it('takes an answer as it was corrected', async () => {
  expect(await askSecret(terminal('abx\x7fc\r').io, 'x', signal)).toBe('abc');
});

it.each([
  ['Ctrl-C', '\x03'],
  ['Ctrl-D', '\x04'],
])('takes %s for no', async (_what, typed) => {
  await expect(askSecret(terminal(typed).io, 'x', signal)).rejects.toMatchObject({ code: 'CANCELLED' });
});

it('can be stopped', async () => {
  const stop = new AbortController();
  const asking = askSecret(terminal('ab').io, 'x', stop.signal);
  stop.abort(new Error('stopped'));
  await expect(asking).rejects.toThrow('stopped');
});

it('says how else to give it where there is no terminal', async () => {
  const io = { ...terminal('').io, in: new PassThrough() };
  await expect(askSecret(io, 'password of ops', signal)).rejects.toMatchObject({
    code: 'NO_TERMINAL',
    exitCode: 64,
    fix: expect.stringContaining('passwordFile') as string,
  });
});
