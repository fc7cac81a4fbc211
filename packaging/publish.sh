#!/usr/bin/env bash
# Puts everything in dist/ on a draft release of the tag; a person publishes the draft.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

: "${GITHUB_REF_NAME:?publish: no tag is named}"
gh release create "$GITHUB_REF_NAME" --draft --verify-tag \
    --title "Twotime ${GITHUB_REF_NAME#v}" --notes-file CHANGELOG.md dist/*
