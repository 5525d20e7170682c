#!/bin/bash
# A cluster as one script makes it, when everything is known and made ahead of time: pushes a bundle to every host at once, starts units in order, waits.
#   cluster.sh FOLDER ADDRESS...     the first address is the master's
# FOLDER has ssh_config, ADDRESS.tar.zst (programs, configuration, certificates, units, images), admin.kubeconfig, kubectl and objects.json; NODES has the nodes' names.
set -euo pipefail
folder=$1; shift
hosts=("$@")

phase() { printf '@@phase %s %s\n' "$(date +%s%3N)" "$1"; }
on() { ssh -F "$folder/ssh_config" "root@$1" "$2"; }
each() {
  local pids=() pid host
  for host in "${hosts[@]}"; do on "$host" "$1" & pids+=($!); done
  for pid in "${pids[@]}"; do wait "$pid"; done
}
push() {
  local pids=() pid host
  for host in "${hosts[@]}"; do on "$host" 'zstd -qdc | tar -xf - -C /' < "$folder/$host.tar.zst" & pids+=($!); done
  for pid in "${pids[@]}"; do wait "$pid"; done
}
kube() { "$folder/kubectl" --kubeconfig "$folder/admin.kubeconfig" "$@"; }
until_good() {
  local left=$1; shift
  until "$@" > /dev/null 2>&1; do
    left=$((left - 1)); [ "$left" -gt 0 ] || { echo "no end: $*"; "$@"; exit 1; }
    sleep 0.2
  done
}

phase push
push
phase prepare
each 'mkdir -p -m 700 /var/lib/etcd /var/lib/kubelet /var/lib/containerd; cp /etc/hosts.k8sup-bench /etc/hosts; sysctl -qp /etc/sysctl.d/zz-k8sup.conf || :; systemctl daemon-reload'
phase etcd
each '[ ! -f /etc/systemd/system/etcd.service ] || systemctl enable -q --now etcd.service'
phase runtime
each 'systemctl enable -q --now containerd.service
for tar in /opt/k8sup-bench/*.tar; do /opt/k8sup/bin/ctr -n k8s.io images import --digests=false "$tar" > /dev/null; done'
phase masters
on "${hosts[0]}" 'systemctl enable -q --now kube-apiserver.service kube-controller-manager.service kube-scheduler.service'
until_good 300 kube get --raw /readyz
until_good 50 kube apply --server-side --force-conflicts -f "$folder/objects.json"
phase nodes
each 'systemctl enable -q --now kubelet.service kube-proxy.service'
phase network
each 'systemctl enable -q --now --no-block flanneld.service'
for node in $NODES; do until_good 300 kube get "node/$node"; done
kube wait --timeout=120s --for=condition=Ready nodes --all > /dev/null
phase addons
kube -n kube-system rollout status --timeout=120s deployment/coredns > /dev/null
phase end
