#!/usr/bin/env bash
# Signs and notarises what is published for macOS:
#
#   sign_and_notarise.sh keychain   before `make bundle`: a keychain with the certificate;
#                                   PyInstaller then signs every library it collects
#   sign_and_notarise.sh app        after it: signs, notarises and staples the application
#   sign_and_notarise.sh dmg        the same for the disk image
#   sign_and_notarise.sh clean      removes the keychain
#
# Without the variables below it does nothing and says so:
#
#   TWOTIME_SIGN_CERTIFICATE   the Developer ID certificate, PKCS 12 in base64
#   TWOTIME_SIGN_PASSWORD      its password
#   TWOTIME_CODESIGN_IDENTITY  its name, "Developer ID Application: … (TEAM)"
#   TWOTIME_NOTARY_APPLE_ID, TWOTIME_NOTARY_TEAM, TWOTIME_NOTARY_PASSWORD
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

step=${1:-}
case "$step" in keychain | app | dmg | clean) ;; *)
    echo "usage: sign_and_notarise.sh keychain | app | dmg | clean" >&2
    exit 2
    ;;
esac

# need VARIABLE…: ends the script, without an error, where one is not set.
need() {
    local variable
    for variable; do
        if [ -z "${!variable:-}" ]; then
            echo "sign_and_notarise: $variable is not set, so nothing is ${done_here}."
            exit 0
        fi
    done
}

done_here=signed
need TWOTIME_SIGN_CERTIFICATE TWOTIME_SIGN_PASSWORD TWOTIME_CODESIGN_IDENTITY
[ "$(uname -s)" = Darwin ] || { echo "sign_and_notarise: only macOS can sign" >&2; exit 2; }

app=dist/Twotime.app
keychain=${RUNNER_TEMP:-${TMPDIR:-/tmp}}/twotime-signing.keychain-db

make_keychain() {
    local certificate password
    password=$(openssl rand -base64 24)
    certificate=$(mktemp)
    base64 --decode <<<"$TWOTIME_SIGN_CERTIFICATE" >"$certificate"
    security create-keychain -p "$password" "$keychain"
    security set-keychain-settings -lut 21600 "$keychain"
    security unlock-keychain -p "$password" "$keychain"
    security import "$certificate" -P "$TWOTIME_SIGN_PASSWORD" -f pkcs12 \
        -T /usr/bin/codesign -k "$keychain" >/dev/null
    rm -f "$certificate"
    # Without this codesign would ask in a dialog.
    security set-key-partition-list -S apple-tool:,apple: -k "$password" "$keychain" \
        >/dev/null
    # shellcheck disable=SC2046  # one argument per keychain
    security list-keychains -d user -s "$keychain" \
        $(security list-keychains -d user | tr -d '"')
}

sign() {
    codesign --force --timestamp --options runtime \
        --sign "$TWOTIME_CODESIGN_IDENTITY" "$@"
}

notarise() {
    done_here=notarised
    need TWOTIME_NOTARY_APPLE_ID TWOTIME_NOTARY_TEAM TWOTIME_NOTARY_PASSWORD
    local who said id
    who=(--apple-id "$TWOTIME_NOTARY_APPLE_ID" --team-id "$TWOTIME_NOTARY_TEAM"
        --password "$TWOTIME_NOTARY_PASSWORD")
    # notarytool ends with 0 for what Apple refused as well.
    said=$(xcrun notarytool submit "$1" --wait "${who[@]}" | tee /dev/stderr)
    case "$said" in *"status: Accepted"*) return ;; esac
    id=$(sed -n 's/^ *id: *//p' <<<"$said" | head -n 1)
    xcrun notarytool log "$id" "${who[@]}" >&2 || true
    echo "sign_and_notarise: Apple did not accept $1; the log above says why" >&2
    exit 1
}

# Inside out: the libraries were signed when they were collected, the programs come
# next, the application around them last.
sign_app() {
    local program zip
    for program in twotime twotime-window; do
        sign --entitlements packaging/bundle/entitlements.plist \
            "$app/Contents/MacOS/$program"
    done
    sign --entitlements packaging/bundle/entitlements.plist "$app"
    codesign --verify --deep --strict --verbose=2 "$app"
    zip=$(mktemp -d)/Twotime.zip
    ditto -c -k --keepParent "$app" "$zip"
    notarise "$zip"
    xcrun stapler staple "$app"
    spctl --assess --type execute --verbose=2 "$app"
}

sign_dmg() {
    local image
    for image in dist/twotime-*-macos-*.dmg; do
        sign "$image"
        notarise "$image"
        xcrun stapler staple "$image"
        spctl --assess --type open --context context:primary-signature --verbose=2 "$image"
    done
}

case "$step" in
    keychain) make_keychain ;;
    app) sign_app ;;
    dmg) sign_dmg ;;
    clean) security delete-keychain "$keychain" 2>/dev/null || true ;;
esac
