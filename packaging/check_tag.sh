#!/usr/bin/env bash
# A tag has to name the version that engine/__init__.py states; anything else may be built.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

version=$(sed -n 's/^__version__ = "\(.*\)"$/\1/p' engine/__init__.py)
if [ "${GITHUB_REF_TYPE:-}" = tag ] && [ "${GITHUB_REF_NAME:-}" != "v$version" ]; then
    echo "check_tag: the tag is ${GITHUB_REF_NAME:-}, the version $version; they have to agree" >&2
    exit 1
fi
echo "version $version"
