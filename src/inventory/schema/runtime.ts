import * as z from 'zod';
import { standard } from '../defaults.ts';
import { configOnly } from './components.ts';
import {
  absolutePath,
  binarySize,
  derived,
  imageName,
  localFile,
  optional,
  registryHost,
  url,
  version,
} from './fields.ts';

const credential = z.strictObject({
  registry: registryHost.describe('Registry host, with its port where it has one'),
  username: z.string().min(1).describe('User name'),
  passwordFile: localFile.describe('File on this machine that holds the password alone, mode 0600'),
});

export const runtimeSchema = z.strictObject({
  type: derived(z.enum(['containerd', 'docker']), 'Container runtime', 'containerd from 1.24, docker before'),
  version: derived(
    version,
    'Version of the runtime; containerd 1.6 or 1.7 up to Kubernetes 1.22, containerd 2 recommended from 1.36',
    'containerd 2.2.0 (1.7.29 up to Kubernetes 1.22), docker 20.10.24',
  ),
  runcVersion: optional(version, 'runc version', standard.runtime.runcVersion),
  criDockerdVersion: optional(
    version,
    'cri-dockerd version, for Docker from Kubernetes 1.24',
    standard.runtime.criDockerdVersion,
  ),
  dataRoot: derived(absolutePath, 'Where images and containers are stored', '/var/lib/containerd or /var/lib/docker'),
  cgroupDriver: optional(
    z.enum(['auto', 'systemd', 'cgroupfs']),
    'cgroup driver of runtime and kubelet; auto is systemd where the host delegates cgroups to systemd, else cgroupfs',
    standard.runtime.cgroupDriver,
  ),
  sandboxImage: optional(imageName, "Image of each pod's sandbox", standard.runtime.sandboxImage),
  registryMirrors: optional(
    z.record(z.string(), z.array(url).min(1)),
    'Mirror URLs by registry host, tried in order',
    {},
  ),
  insecureRegistries: optional(z.array(registryHost), 'Registries reached without (verified) TLS', []),
  credentials: optional(z.array(credential), 'Logins for registries', []),
  logMaxSize: optional(binarySize, "Size at which a container's log is rotated", standard.runtime.logMaxSize),
  logMaxFiles: optional(
    z.int().min(2).max(100),
    'Number of log files kept for each container',
    standard.runtime.logMaxFiles,
  ),
  liveRestore: optional(
    z.boolean(),
    'Docker: containers go on while the daemon restarts',
    standard.runtime.liveRestore,
  ),
  images: optional(z.array(localFile), 'Image tarballs on this machine that are loaded on each host', []),
  containerd: optional(configOnly, "containerd's config.toml"),
  docker: optional(configOnly, "Docker's daemon.json"),
});
