import { describe, expect, it } from 'vitest';
import { expandTokens, startProxyCommand } from '../../../../src/transport/ssh/proxy-command.ts';
import { hostOf, inventoryOf } from '../../components/fixture.ts';

const host = hostOf(
  inventoryOf(`
cluster: { name: one }
hosts:
  - { name: a, address: 192.0.2.11, ssh: { hostName: gate.example.com, port: 2222, user: ops } }
`),
  'a',
);

describe('tokens', () => {
  it('are replaced as ssh_config(5) says', () => {
    expect(expandTokens('nc -x %r@%n %h %p %% %x', host)).toBe('nc -x ops@a gate.example.com 2222 % %x');
  });

  it('that come from a replacement stay', () => expect(expandTokens('%%h', host)).toBe('%h'));
});

describe('a proxy command', () => {
  it('is a socket of what it reads and writes', async () => {
    const proxy = startProxyCommand('tr a-z A-Z', host);
    proxy.stream.end('hello %h\n');
    let said = '';
    for await (const chunk of proxy.stream) said += String(chunk);
    expect(said).toBe('HELLO %H\n');
  });

  it('tells why it failed', async () => {
    const proxy = startProxyCommand('sh -c "echo no way to %h >&2; exit 1"', host);
    proxy.stream.on('error', () => undefined);
    proxy.stream.resume();
    // It is asked once the way has broken, as a connection does: it waits for the last words alone, not for the command.
    await new Promise((resolve) => proxy.stream.once('close', resolve));
    expect(await proxy.errors()).toBe('no way to gate.example.com');
  });
});
