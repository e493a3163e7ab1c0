#!/usr/bin/env bash
# Gets a Kubernetes control plane for the tests and prints the folder that it is in; needs go, curl and the internet.
#
#   export KUBEBUILDER_ASSETS="$(tools/control_plane.sh)"    # or of another line: tools/control_plane.sh 1.34.x
#
# etcd, kube-apiserver and kubectl are envtest's. The two others are Kubernetes' own of the same version; they are made
# for Linux alone, and elsewhere the tests that need them are skipped.
set -euo pipefail

line=${1:-1.36.x}
assets=$(go run sigs.k8s.io/controller-runtime/tools/setup-envtest@latest use "$line" -p path)
chmod -R u+w "$assets"
version=$("$assets/kube-apiserver" --version | awk '{print $2}')
platform=$(go env GOOS)/$(go env GOARCH)

if [[ $platform == linux/* ]]; then
    for name in kube-controller-manager kube-scheduler; do
        [[ -x $assets/$name ]] && continue
        url=https://dl.k8s.io/release/$version/bin/$platform/$name
        curl --fail --silent --show-error --location --retry 3 --output "$assets/$name.part" "$url"
        echo "$(curl --fail --silent --show-error --location --retry 3 "$url.sha256")  $assets/$name.part" |
            sha256sum --check --quiet >&2
        chmod +x "$assets/$name.part"
        mv "$assets/$name.part" "$assets/$name"
    done
fi
echo "$assets"
