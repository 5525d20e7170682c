import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import ssh2 from 'ssh2';
import type { BaseAgent, ParsedKey } from 'ssh2';
import { K8supError, messageOf } from '../../errors/k8sup-error.ts';
import type { Secrets } from '../secrets.ts';
import type { Target } from './target.ts';

/** Private keys of one run: each file is read once, and its passphrase asked for once, whatever number of hosts wants it. */
export interface Keys {
  /**
   * A key ready to sign, or an agent that has it.
   *
   * @throws K8supError `SSH_KEY_UNREADABLE`
   */
  get(wanted: WantedKey, target: Target, signal: AbortSignal): Promise<ParsedKey | BaseAgent>;
}

export interface WantedKey {
  readonly file: string;
  /** Socket of an agent to look in first where the file is encrypted. */
  readonly agent: string | undefined;
  /** False: an encrypted key that is in no agent is no key. */
  readonly mayAsk: boolean;
}

/** As many as ssh itself gives. */
const tries = 3;

export function openKeys(secrets: Secrets): Keys {
  const known = new Map<string, Promise<ParsedKey | BaseAgent>>();
  return {
    get: (wanted, target, signal) => {
      const id = JSON.stringify(wanted);
      const key = known.get(id) ?? load(wanted, { secrets, signal });
      known.set(id, key);
      return key.catch((error: unknown) => {
        throw error instanceof K8supError ? error : unreadable(wanted.file, target, messageOf(error));
      });
    },
  };
}

interface Surroundings {
  readonly secrets: Secrets;
  readonly signal: AbortSignal;
}

async function load(
  { file, agent, mayAsk }: WantedKey,
  { secrets, signal }: Surroundings,
): Promise<ParsedKey | BaseAgent> {
  const text = await readFile(file);
  const open = parse(text);
  if (!isEncrypted(open)) return open;
  const unlocked = agent === undefined ? undefined : await agentWith(agent, `${file}.pub`);
  if (unlocked !== undefined) return unlocked;
  if (!mayAsk) throw new Error('it is encrypted, and the SSH agent does not have it');
  for (let left = tries; ; left -= 1) {
    const wrong = left === tries ? '' : 'wrong; once more: ';
    const passphrase = await secrets.askAgain(`${wrong}passphrase of ${file}`, signal);
    const key = parse(text, passphrase);
    if (!isEncrypted(key)) return key;
    if (left === 1) throw new Error(`none of the ${String(tries)} passphrases fits`);
  }
}

type Encrypted = { readonly encrypted: true };

function isEncrypted(key: ParsedKey | Encrypted): key is Encrypted {
  return 'encrypted' in key;
}

/** @throws Error where it is no private key. */
function parse(text: Buffer, passphrase?: string): ParsedKey | Encrypted {
  const parsed = ssh2.utils.parseKey(text, passphrase);
  if (parsed instanceof Error) {
    if (/passphrase|decrypt|integrity check/i.test(parsed.message)) return { encrypted: true };
    throw parsed;
  }
  // A file may hold several keys, which ssh2's types do not know.
  const [key] = [parsed].flat();
  if (key?.isPrivateKey() !== true) throw new Error('the file holds no private key');
  return key;
}

/** An agent that offers the one key of a .pub file, where it has it: a server lets a client try but a few. */
async function agentWith(socket: string, publicFile: string): Promise<BaseAgent | undefined> {
  if (!existsSync(publicFile)) return undefined;
  const wanted = ssh2.utils.parseKey(await readFile(publicFile));
  if (wanted instanceof Error) return undefined;
  const agent = ssh2.createAgent(socket);
  const all = agent.getIdentities.bind(agent);
  agent.getIdentities = (done) => {
    all((error, keys) =>
      done(
        error,
        (keys ?? []).filter((key) => isKey(key, wanted.getPublicSSH())),
      ),
    );
  };
  const known = await new Promise<boolean>((resolve) => {
    agent.getIdentities((_error, keys) => resolve((keys ?? []).length > 0));
  });
  return known ? agent : undefined;
}

function isKey(key: unknown, wanted: Buffer): boolean {
  const isParsed = typeof key === 'object' && key !== null && 'getPublicSSH' in key;
  return isParsed && (key as ParsedKey).getPublicSSH().equals(wanted);
}

function unreadable(file: string, target: Target, why: string): K8supError {
  return new K8supError({
    code: 'SSH_KEY_UNREADABLE',
    kind: 'connection',
    host: target.name,
    what: `the private key ${file} cannot be used`,
    why,
    fix: 'check ssh.privateKey; the passphrase of an encrypted key is asked for at a terminal, and elsewhere it goes through ssh-agent',
  });
}
