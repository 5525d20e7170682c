import { constants } from 'node:fs';
import { access, open, readFile, stat } from 'node:fs/promises';
import { messageOf } from '../../errors/k8sup-error.ts';
import type { Draft, Report } from '../findings.ts';
import type { LocalPath } from '../local-path.ts';
import type { Path } from '../path.ts';
import type { PluginDeclaration, SecretFile } from '../plugin.ts';
import { pluginName } from '../resolve-cluster.ts';
import type { SshInput } from '../schema.ts';
import { othersMode } from '../secret-file.ts';

/** A file that is named at a place of the inventory or of a playbook. */
export interface LocalFile {
  readonly path: Path;
  readonly file: string;
  readonly kind: 'key' | 'secret' | 'image' | 'directory' | 'sshConfig' | 'source';
  readonly holds?: Pick<SecretFile, 'pattern' | 'expected'>;
}

/** Files on this machine that the inventory names: there, readable, and secret where they must be. */
export async function checkFiles(
  draft: Draft,
  { local, plugins }: { readonly local: LocalPath; readonly plugins: readonly PluginDeclaration[] },
  report: Report,
): Promise<void> {
  const plugin = plugins.find(({ name }) => name === pluginName(draft.cluster));
  const secrets = (plugin?.secretFiles?.(draft.cluster) ?? []).map(({ path, written, ...holds }): LocalFile => ({
    kind: 'secret',
    path,
    file: local(written),
    holds,
  }));
  for (const file of [...filesOf(draft, local), ...secrets]) await checkFile(file, report);
}

function filesOf(draft: Draft, local: LocalPath): readonly LocalFile[] {
  const entry = (kind: LocalFile['kind'], path: Path, written: string | undefined): readonly LocalFile[] =>
    written === undefined ? [] : [{ kind, path, file: local(written) }];
  const { runtime, artifacts, certificates } = draft.cluster;
  return [
    ...entry('directory', ['cluster', 'artifacts', 'directory'], artifacts?.directory),
    ...(['identityFile', 'passphraseFile'] as const).flatMap((key) =>
      entry('secret', ['cluster', 'certificates', 'store', key], certificates?.store?.[key]),
    ),
    ...filesOfSsh(draft).flatMap(([path, ssh]) => [
      ...entry('key', [...path, 'privateKey'], ssh.privateKey),
      ...entry('secret', [...path, 'passwordFile'], ssh.passwordFile),
      ...entry('secret', [...path, 'becomePasswordFile'], ssh.becomePasswordFile),
      ...entry('sshConfig', [...path, 'config'], ssh.config === 'none' ? undefined : ssh.config),
    ]),
    ...(runtime?.images ?? []).flatMap((file, index) => entry('image', ['cluster', 'runtime', 'images', index], file)),
    ...(runtime?.credentials ?? []).flatMap(({ passwordFile }, index) =>
      entry('secret', ['cluster', 'runtime', 'credentials', index, 'passwordFile'], passwordFile),
    ),
  ];
}

function filesOfSsh({ ssh, jumpHosts, hosts }: Draft): readonly (readonly [Path, SshInput])[] {
  return [
    [['ssh'], ssh],
    ...jumpHosts.map((jump, index) => [['jumpHosts', index], jump] as const),
    ...hosts.map(({ index, host }) => [['hosts', index, 'ssh'], host.ssh ?? {}] as const),
  ];
}

const codes: Readonly<Record<LocalFile['kind'], string>> = {
  key: 'KEY_FILE_UNREADABLE',
  secret: 'PASSWORD_FILE_UNREADABLE',
  image: 'IMAGE_FILE_UNREADABLE',
  source: 'SOURCE_FILE_UNREADABLE',
  directory: 'ARTIFACT_DIRECTORY_UNREADABLE',
  sshConfig: 'SSH_CONFIG_UNREADABLE',
};

/** That it is there, readable, of its kind, and secret where it must be. */
export async function checkFile({ path, file, kind, holds }: LocalFile, report: Report): Promise<void> {
  const code = codes[kind];
  try {
    await access(file, constants.R_OK);
    const info = await stat(file);
    if (info.isDirectory() !== (kind === 'directory')) {
      report({ code, path, message: `${file} is ${info.isDirectory() ? 'a directory' : 'no directory'}` });
      return;
    }
    const secret = kind === 'key' || kind === 'secret';
    const others = secret ? othersMode(info.mode) : undefined;
    if (others !== undefined) {
      report({ code: 'SECRET_FILE_MODE', path, message: `${file} ${others}`, fix: `chmod 600 ${file}` });
    }
    if (kind === 'key') await checkPrivateKey(file, path, report);
    // What is in it is never told.
    if (holds !== undefined && !holds.pattern.test((await readFile(file, 'utf8')).trimEnd())) {
      report({ code: 'SECRET_FILE_INVALID', path, message: `${file} does not hold ${holds.expected}` });
    }
  } catch (error) {
    report({
      code,
      path,
      message: `${file} cannot be read: ${messageOf(error)}`,
      fix:
        kind === 'source' ? 'relative paths start at the playbook' : 'relative paths start at the file that names them',
    });
  }
}

async function checkPrivateKey(file: string, path: Path, report: Report): Promise<void> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(256), position: 0 });
    const start = buffer.subarray(0, bytesRead).toString('latin1');
    if (start.includes('PRIVATE KEY') || start.startsWith('PuTTY-User-Key-File')) return;
    const isPublic = /^(ssh-|ecdsa-|sk-)/.test(start);
    const isCertificate = /^\S+-cert-v\d+@openssh\.com /.test(start);
    const what = isCertificate
      ? 'a certificate, which k8sup does not use'
      : isPublic
        ? 'a public key'
        : 'not a private key';
    const message = `${file} is ${what}`;
    report({
      code: 'KEY_FILE_INVALID',
      path,
      message,
      fix: isCertificate
        ? 'name the private key, and let the host know its public key'
        : isPublic
          ? 'name the file without .pub'
          : 'name a key in OpenSSH or PEM form',
    });
  } finally {
    await handle.close();
  }
}
