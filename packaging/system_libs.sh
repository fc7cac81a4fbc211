#!/usr/bin/env bash
# Sees to the system libraries Qt loads on Linux. What is missing is installed where that
# is possible (root with apt-get) and named otherwise; then the exit status is 1.
set -euo pipefail

[ "$(uname -s)" = Linux ] || exit 0

# library                 Debian, Ubuntu        Fedora, RHEL
table="
libEGL.so.1               libegl1               libglvnd-egl
libGL.so.1                libgl1                libglvnd-glx
libfontconfig.so.1        libfontconfig1        fontconfig
libfreetype.so.6          libfreetype6          freetype
libglib-2.0.so.0          libglib2.0-0          glib2
libdbus-1.so.3            libdbus-1-3           dbus-libs
libX11.so.6               libx11-6              libX11
libX11-xcb.so.1           libx11-xcb1           libX11-xcb
libxkbcommon.so.0         libxkbcommon0         libxkbcommon
libxkbcommon-x11.so.0     libxkbcommon-x11-0    libxkbcommon-x11
libxcb-cursor.so.0        libxcb-cursor0        xcb-util-cursor
libxcb-icccm.so.4         libxcb-icccm4         xcb-util-wm
libxcb-image.so.0         libxcb-image0         xcb-util-image
libxcb-keysyms.so.1       libxcb-keysyms1       xcb-util-keysyms
libxcb-randr.so.0         libxcb-randr0         libxcb
libxcb-render.so.0        libxcb-render0        libxcb
libxcb-render-util.so.0   libxcb-render-util0   xcb-util-renderutil
libxcb-shape.so.0         libxcb-shape0         libxcb
libxcb-shm.so.0           libxcb-shm0           libxcb
libxcb-sync.so.1          libxcb-sync1          libxcb
libxcb-util.so.1          libxcb-util1          xcb-util
libxcb-xfixes.so.0        libxcb-xfixes0        libxcb
libxcb-xinerama.so.0      libxcb-xinerama0      libxcb
libxcb-xkb.so.1           libxcb-xkb1           libxcb
"

# ldconfig is often outside the PATH of a user.
ldconfig=$(PATH="$PATH:/usr/sbin:/sbin" command -v ldconfig || true)

is_there() {
    if [ -n "$ldconfig" ]; then
        "$ldconfig" -p | grep -c "^[[:space:]]$1 " >/dev/null
    else
        compgen -G "/usr/lib*/$1" >/dev/null || compgen -G "/usr/lib/*/$1" >/dev/null
    fi
}

has_font() {
    [ -n "$(find /usr/share/fonts /usr/local/share/fonts "$HOME/.fonts" \
        "$HOME/.local/share/fonts" \( -name '*.ttf' -o -name '*.otf' -o -name '*.ttc' \) \
        -print -quit 2>/dev/null)" ]
}

# Prints the packages of what is missing; the argument is the column of the table.
missing() {
    local library debian fedora
    while read -r library debian fedora; do
        [ -n "$library" ] && ! is_there "$library" || continue
        if [ "$1" = debian ]; then echo "$debian"; else echo "$fedora"; fi
    done <<<"$table" | sort -u
    has_font || case "$1" in
        debian) echo fonts-dejavu-core ;;
        *) echo dejavu-sans-fonts ;;
    esac
}

packages=$(missing debian)
[ -n "$packages" ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "twotime: installing the system libraries of Qt:" $packages
    apt-get update -qq </dev/null || true
    # shellcheck disable=SC2086  # one argument per package
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        $packages </dev/null || true
    packages=$(missing debian)
    [ -n "$packages" ] || exit 0
fi

{
    echo "twotime: the window may not open: system libraries of Qt are missing. Install them with"
    if command -v apt-get >/dev/null; then
        echo "    sudo apt-get install" $packages
    elif command -v dnf >/dev/null; then
        echo "    sudo dnf install" $(missing fedora)
    else
        echo "    the package manager of this system; Debian calls them:" $packages
    fi
} >&2
exit 1
