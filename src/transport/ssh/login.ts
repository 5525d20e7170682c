import ssh2 from 'ssh2';
import type { AnyAuthMethod, AuthHandlerMiddleware, BaseAgent, ParsedKey } from 'ssh2';
import { K8supError } from '../../errors/k8sup-error.ts';
import type { Secrets } from '../secrets.ts';
import type { Keys } from './keys.ts';
import type { Target } from './target.ts';

/** What a user can show to be let in. */
export interface Login {
  readonly handler: AuthHandlerMiddleware;
  /** What was tried and what the host would have liked, for the message of one that is not let in. */
  readonly story: () => string;
}

export interface LoginParts {
  readonly secrets: Secrets;
  readonly keys: Keys;
  /** Called before and after a person is asked something in the middle of a login. */
  readonly pause: (paused: boolean) => void;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

interface Means {
  /** For the story. */
  readonly name: string;
  /** As the protocol calls it (RFC 4252, RFC 4256). */
  readonly method: 'publickey' | 'password' | 'keyboard-interactive';
  readonly auth: AnyAuthMethod;
}

/**
 * Gathers all means of a login before the connection is made, so that nobody is asked while a host waits.
 *
 * @throws K8supError `SSH_NO_KEY` where there is none, and what reading keys and passwords throws.
 */
export async function loginOf(target: Target, parts: LoginParts): Promise<Login> {
  const means = [...(await keyMeans(target, parts)), ...(await passwordMeans(target, parts))];
  if (means.length === 0) throw noKey(target);
  const tried: string[] = [];
  let offered: readonly string[] = [];
  let waiting = means;
  let last: Means | undefined;
  const handler: AuthHandlerMiddleware = (left: readonly string[] | null, partial: boolean | null, next) => {
    // The first question is what the host takes at all.
    if (left === null) return next({ type: 'none', username: target.ssh.user });
    offered = left;
    // A wrong password is not sent again in another form: it may lock the account.
    if (last?.method === 'password' && partial !== true)
      waiting = waiting.filter(({ method }) => method !== 'keyboard-interactive');
    last = waiting.find(({ method }) => left.includes(method));
    waiting = waiting.filter((other) => other !== last);
    if (last !== undefined) tried.push(last.name);
    // The types do not know that false ends the login.
    return next((last?.auth ?? false) as AnyAuthMethod);
  };
  const story = (): string => {
    const what = tried.length === 0 ? means.map(({ name }) => name).join(', ') : tried.join(', ');
    const certificates = target.ssh.certificateFiles ?? [];
    return [
      `${tried.length === 0 ? 'there is' : 'tried'}: ${what}`,
      ...(offered.length === 0 ? [] : [`the host takes: ${offered.join(', ')}`]),
      ...(certificates.length === 0 ? [] : [`certificates are not used (CertificateFile ${certificates.join(', ')})`]),
    ].join('; ');
  };
  return { handler, story };
}

async function keyMeans(target: Target, { keys, env, signal }: LoginParts): Promise<readonly Means[]> {
  const { user: username, privateKey, identityFiles = [], identitiesOnly } = target.ssh;
  const agent = agentSocket(target, env);
  const useAgent = privateKey === undefined && identitiesOnly !== true && agent !== undefined;
  const files = privateKey === undefined ? identityFiles : [privateKey];
  const named: Means[] = [];
  for (const file of new Set(files)) {
    try {
      const key = await keys.get({ file, agent, mayAsk: !useAgent }, target, signal);
      named.push({ name: `key ${file}`, method: 'publickey', auth: authOf(username, key) });
    } catch (error) {
      // ssh's own list has every key that might do, and the agent has others.
      if (!useAgent) throw error;
    }
  }
  if (!useAgent) return named;
  return [
    ...named,
    { name: 'the keys of the SSH agent', method: 'publickey', auth: { type: 'agent', username, agent } },
  ];
}

function authOf(username: string, key: ParsedKey | BaseAgent): AnyAuthMethod {
  return key instanceof ssh2.BaseAgent ? { type: 'agent', username, agent: key } : { type: 'publickey', username, key };
}

function agentSocket({ ssh }: Target, env: NodeJS.ProcessEnv): string | undefined {
  const { identityAgent } = ssh;
  if (identityAgent === 'none') return undefined;
  if (identityAgent === undefined || identityAgent === 'SSH_AUTH_SOCK') return env['SSH_AUTH_SOCK'];
  return identityAgent.startsWith('$') ? env[identityAgent.replace(/^\$\{?(\w+)\}?$/, '$1')] : identityAgent;
}

async function passwordMeans(target: Target, { secrets, pause, signal }: LoginParts): Promise<readonly Means[]> {
  const { user: username, password: source } = target.ssh;
  if (source === undefined) return [];
  const password = await secrets.get(
    source,
    { what: `password of ${username}`, host: target.jump ?? target.name },
    signal,
  );
  /** The password answers the first question whose answer is not shown; what else is asked (a code of a second factor) is for a person. */
  let used = false;
  const answer = async (prompt: string, echo: boolean): Promise<string> => {
    if (!used && !echo) {
      used = true;
      return password;
    }
    return await secrets.askAgain(`${target.jump ?? target.name}: ${prompt.trim().replace(/:$/, '')}`, signal);
  };
  const asked: AnyAuthMethod = {
    type: 'keyboard-interactive',
    username,
    prompt: (_name, _instructions, _lang, prompts, finish) => {
      pause(true);
      void (async () => {
        const answers: string[] = [];
        for (const { prompt, echo } of prompts) answers.push(await answer(prompt, echo === true));
        return answers;
      })()
        // An answer that cannot be had is an empty one: the host refuses it, and the story says what was tried.
        .catch(() => prompts.map(() => ''))
        .then((answers) => {
          pause(false);
          finish(answers);
        });
    },
  };
  return [
    { name: 'password', method: 'password', auth: { type: 'password', username, password } },
    { name: 'keyboard-interactive', method: 'keyboard-interactive', auth: asked },
  ];
}

function noKey({ name, jump }: Target): K8supError {
  return new K8supError({
    code: 'SSH_NO_KEY',
    kind: 'connection',
    host: name,
    what: `${name}: there is no key to log in with${jump === undefined ? '' : ` to the jump host ${jump}`}`,
    why: 'the inventory names no ssh.privateKey and no password, and no SSH agent is running',
    fix: 'set ssh.privateKey in the inventory, start ssh-agent and ssh-add a key, or say where a password comes from (ssh.askPassword)',
  });
}
