import type { KnownCause } from './known-cause.ts';

export const runtimeCauses: readonly KnownCause[] = [
  {
    code: 'CONTAINERD_CONFIG',
    pattern: /containerd: failed to (unmarshal|load) TOML/,
    cause: "containerd's configuration is no valid TOML",
    fix: 'containerd config dump  names the place;  k8sup apply  writes /etc/containerd/config.toml anew',
    source: 'https://github.com/containerd/containerd/blob/main/docs/man/containerd-config.toml.5.md',
  },
  {
    code: 'CONTAINERD_TWICE',
    pattern: /waiting for response from boltdb open/,
    cause: 'another containerd holds the same data folder',
    fix: 'pgrep -af containerd  shows it; end the one that is not of this unit, and disable what starts it',
    source: 'https://github.com/containerd/containerd/blob/main/docs/ops.md',
  },
  {
    code: 'DOCKER_TWICE',
    pattern: /failed to start daemon: pid file found, ensure docker is not running/,
    cause: 'another dockerd runs, or one that ended left its pid file',
    fix: 'pgrep -af dockerd  shows whether one runs; if none does, remove the file that the line names',
    source: 'https://docs.docker.com/engine/daemon/troubleshoot/',
  },
  {
    code: 'DOCKER_CONFIG',
    pattern: /unable to configure the Docker daemon with file /,
    cause: "Docker's daemon.json is no valid JSON, or says what a flag says too",
    fix: 'take out what the line names, then  systemctl restart docker',
    source: 'https://docs.docker.com/engine/daemon/troubleshoot/',
  },
  {
    code: 'DOCKER_STORAGE',
    pattern: /failed to start daemon: error initializing graphdriver/,
    cause: "the file system below Docker's data folder cannot carry the storage driver that is asked for",
    fix: 'docker info  on a host that works shows the driver; take storage-driver out of daemon.json, or use another file system',
    source: 'https://docs.docker.com/engine/storage/drivers/select-storage-driver/',
  },
];
