#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A newer Blender with a window, where only an older one is installed: Debian unstable in a folder of its own.
#
#     sudo scripts/newer_window.sh FOLDER     # once; some 2.5 GB
#     STYLETALK_BLENDER=FOLDER/blender .venv/bin/python -m pytest tests/blender/test_blender_window.py
#
# FOLDER/blender is a program like any other Blender: it sees this computer's files and displays. Needs root and debootstrap.
set -eu
umask 022

[ $# = 1 ] || { echo "usage: newer_window.sh FOLDER" >&2; exit 2; }
[ "$(id -u)" = 0 ] || { echo "newer_window.sh: run it as root, chroot needs that." >&2; exit 1; }
command -v debootstrap >/dev/null || apt-get install -y -qq debootstrap
mkdir -p "$1"
folder=$(cd "$1" && pwd)
root=$folder/root

[ -e "$root/usr/bin/apt-get" ] || debootstrap --variant=minbase sid "$root" "${DEBIAN_MIRROR:-http://deb.debian.org/debian}"
DEBIAN_FRONTEND=noninteractive chroot "$root" apt-get -o Acquire::Check-Valid-Until=false update -qq
DEBIAN_FRONTEND=noninteractive chroot "$root" apt-get install -y -qq --no-install-recommends \
    blender python3-numpy libgl1 libgl1-mesa-dri libegl1 libopengl0

cat > "$folder/blender" <<PROGRAM
#!/bin/sh
# Blender of $root, in a view of the files of its own: the computer's below the same paths, also where it is called.
exec unshare --mount sh -eu -c '
    here=\${1#/}; here=\${here%%/*}
    case \$here in ""|bin|boot|etc|lib*|proc|sys|dev|tmp|home|root|run|sbin|usr|var) here= ;; esac
    for place in proc sys dev tmp home root \$here; do
        [ -d "/\$place" ] || continue
        mkdir -p "$root/\$place"
        mount --rbind "/\$place" "$root/\$place"
    done
    where=\$1; shift
    exec chroot "$root" sh -c "cd \"\\\$0\" && exec blender \"\\\$@\"" "\$where" "\$@"
' sh "\$PWD" "\$@"
PROGRAM
chmod 755 "$folder/blender"
"$folder/blender" --version | head -1
