import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { StageContext } from '../engine/stage.ts';
import type { Host } from '../inventory/model.ts';
import type { OwnResource, OwnStage, TextFrom } from '../inventory/playbook/model.ts';
import { render } from '../inventory/playbook/template.ts';
import { templateValues } from '../inventory/playbook/values.ts';
import { archive } from '../resources/archive.ts';
import { binary } from '../resources/binary.ts';
import { command } from '../resources/command.ts';
import type { AnyResource } from '../resources/define.ts';
import { directory } from '../resources/directory.ts';
import { file } from '../resources/file.ts';
import { hostUnit } from '../resources/host-unit.ts';
import { kernelModule, modulesFileText } from '../resources/kernel-module.ts';
import { ofStep } from '../resources/ownership.ts';
import { hostPackage } from '../resources/package.ts';
import { sysctl, sysctlFileText } from '../resources/sysctl.ts';
import { user } from '../resources/user.ts';
import { lines } from '../shell/sh.ts';

/**
 * What a stage of the user's own puts on a host, in its order; settings and modules also as files, so that they are there after a reboot. Files of the
 * controller are read here.
 *
 * @param step - file that lists what it comes to own, see {@link ofStep}.
 * @param context - `file`: that of the playbook.
 */
export async function ownResources(
  stage: OwnStage,
  step: string,
  host: Host,
  context: Pick<StageContext, 'inventory'> & { readonly file: string },
): Promise<readonly AnyResource[]> {
  const owned = (line: number, list: readonly AnyResource[]): readonly AnyResource[] =>
    list.map((one) => ({ ...one, owner: ownerOf(context.file, line) }));
  const made: AnyResource[] = [...bootFiles(stage, owned)];
  for (const resource of stage.resources)
    made.push(...owned(resource.line, await resourcesOf(resource, host, context)));
  return made.map((one) => ({
    ...one,
    apply: { ...one.apply, script: lines([ofStep(step, one.id), one.apply.script]) },
  }));
}

/** Whose something is, as people are told. */
export function ownerOf(file: string, line: number): string {
  return `playbook ${basename(file)}:${String(line)}`;
}

/** What is bigger nobody reads as a difference: it is sent from the disk, and never held in memory as a whole. */
const shownBytes = 1 << 20;

async function resourcesOf(
  own: OwnResource,
  host: Host,
  { inventory }: Pick<StageContext, 'inventory'>,
): Promise<readonly AnyResource[]> {
  switch (own.kind) {
    case 'file': {
      const { path, mode, owner, from } = own;
      if ('source' in from && (await stat(from.source)).size > shownBytes) {
        const { sha256, length } = await hashOf(from.source);
        return [binary({ path, mode, owner, sha256, upload: { path: from.source, length, compression: 'none' } })];
      }
      return [file({ path, mode, owner, content: await bytesOf(from), secret: 'secretFile' in from })];
    }
    case 'template': {
      const { path, mode, owner, from, secrets } = own;
      const values = new Map(templateValues(inventory, host));
      for (const [name, secretFile] of Object.entries(secrets))
        values.set(`secrets.${name}`, await secretOf(secretFile));
      const content = render((await bytesOf(from)).toString('utf8'), (name) => values.get(name));
      return [file({ path, mode, owner, content, secret: Object.keys(secrets).length > 0 })];
    }
    case 'directory':
      return [directory(own)];
    case 'sysctl':
      return [sysctl(own)];
    case 'kernelModule':
      return [kernelModule(own.name)];
    case 'package':
      return [hostPackage(own)];
    case 'user':
      return [user(own)];
    case 'unit':
      return unitOf(own);
    case 'archive': {
      const { sha256, length } = await hashOf(own.source);
      return [archive({ path: own.path, strip: own.strip, sha256, upload: { path: own.source, length } })];
    }
    case 'command':
      return [command(own)];
  }
}

function unitOf({ name, content, enabled, running, restartOn }: Extract<OwnResource, { kind: 'unit' }>) {
  const path = `/etc/systemd/system/${name}`;
  const own = content === undefined ? [] : [file({ path, content, mode: 0o644 })];
  const inputs = [...(content === undefined ? [] : [path]), ...restartOn];
  return [...own, hostUnit({ unit: name, enabled, running, inputs })];
}

/** What makes settings and modules last is whose the first of them is. */
function bootFiles(
  { id, resources }: OwnStage,
  owned: (line: number, list: readonly AnyResource[]) => readonly AnyResource[],
): readonly AnyResource[] {
  const settings = resources.filter((one) => one.kind === 'sysctl');
  const modules = resources.filter((one) => one.kind === 'kernelModule');
  const name = `95-k8sup-${id.replace('.', '-')}.conf`;
  const texts = [
    { folder: '/etc/modules-load.d', of: modules, content: modulesFileText(modules.map((one) => one.name)) },
    { folder: '/etc/sysctl.d', of: settings, content: sysctlFileText(settings) },
  ];
  return texts.flatMap(({ folder, of: [first], content }) =>
    first === undefined ? [] : owned(first.line, [file({ path: `${folder}/${name}`, content, mode: 0o644 })]),
  );
}

async function bytesOf(from: TextFrom): Promise<Buffer> {
  if ('content' in from) return Buffer.from(from.content);
  return readFile('source' in from ? from.source : from.secretFile);
}

/** A newline at its end is an editor's, not the secret's. */
async function secretOf(path: string): Promise<string> {
  return (await readFile(path, 'utf8')).replace(/\r?\n$/, '');
}

interface Hashed {
  readonly sha256: string;
  readonly length: number;
}

/** By path, size and time: all hosts are sent the same file, which may be big. */
const hashes = new Map<string, Promise<Hashed>>();

async function hashOf(path: string): Promise<Hashed> {
  const { size, mtimeMs } = await stat(path);
  const key = `${path} ${String(size)} ${String(mtimeMs)}`;
  const known = hashes.get(key) ?? readHash(path);
  hashes.set(key, known);
  return known;
}

async function readHash(path: string): Promise<Hashed> {
  const hash = createHash('sha256');
  let length = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    length += chunk.length;
  }
  return { sha256: hash.digest('hex'), length };
}
