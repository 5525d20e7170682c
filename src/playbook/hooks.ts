import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import type { ActionContext, HookStep } from '../engine/stage.ts';
import { K8supError } from '../errors/k8sup-error.ts';
import type { Host } from '../inventory/model.ts';
import { isFor } from '../inventory/playbook/model.ts';
import type { Hook, Playbook } from '../inventory/playbook/model.ts';
import { escapeControl } from '../shell/escape.ts';
import { sh } from '../shell/sh.ts';

/** A hook of a playbook as a step of the stage that it stands beside. */
export function hookStep({ file }: Playbook, hook: Hook): HookStep {
  const local = hook.where === 'controller';
  const run = async (host: Host | undefined, context: ActionContext): Promise<void> => {
    const ended = await (host === undefined ? runHere(hook, file, context) : runOn(host, hook, context));
    if (ended.exitCode !== 0) throw failed(hook, file, { ...ended, ...(host === undefined ? {} : { host }) });
  };
  return {
    type: 'hook',
    name: `hook ${hook.name}`,
    on: (host) => !local && isFor(hook.target, host),
    once: hook.where === 'once',
    about: `at most ${String(hook.timeoutSeconds)} s`,
    run,
  };
}

interface Ended {
  readonly exitCode: number;
  readonly output: string;
}

/** As the time limit of coreutils' `timeout` is told. */
const timedOut = 124;

async function runOn(host: Host, hook: Hook, context: ActionContext): Promise<Ended> {
  const script = sh`timeout ${hook.timeoutSeconds} sh -ec ${hook.run} </dev/null 2>&1`;
  const timeoutMs = (hook.timeoutSeconds + 15) * 1000;
  const { exitCode, stdout } = await context.executor(host).run(script.sh, { signal: context.signal, timeoutMs });
  return { exitCode, output: stdout };
}

/** In a group of its own, so that what it started ends with it; its environment is that of k8sup. */
function runHere(hook: Hook, file: string, { signal }: ActionContext): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', ['-ec', hook.run], {
      cwd: dirname(file),
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let output = '';
    let late = false;
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString('utf8')).slice(-8192);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const end = (): void => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
    };
    const timer = setTimeout(() => {
      late = true;
      end();
    }, hook.timeoutSeconds * 1000);
    signal.addEventListener('abort', end, { once: true });
    const over = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
    };
    child.once('error', (error) => {
      over();
      reject(error);
    });
    child.once('exit', (code) => {
      over();
      // What it left running may hold its output open.
      child.stdout.destroy();
      child.stderr.destroy();
      resolve({ exitCode: late ? timedOut : (code ?? 255), output });
    });
  });
}

function failed(hook: Hook, file: string, { exitCode, output, host }: Ended & { readonly host?: Host }): K8supError {
  const where = host === undefined ? '' : `${host.name}: `;
  const last = escapeControl(output).trim().split('\n').slice(-20).join('\n');
  const how = exitCode === timedOut ? `it took longer than ${String(hook.timeoutSeconds)} s` : `exit code ${exitCode}`;
  return new K8supError({
    code: 'HOOK_FAILED',
    kind: 'command',
    ...(host === undefined ? {} : { host: host.name }),
    what: `${where}the hook "${hook.name}" of ${file} failed`,
    why: `${how}\n${last}`.trimEnd(),
    fix: 'mend its cause, or take the hook out; then run the same command again',
  });
}
