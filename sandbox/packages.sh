#!/bin/sh
# The system packages that the sandbox needs: installs what is missing when it may (root, or sudo
# without a password), and otherwise prints the one command that does.
set -eu

java_is_new_enough() {
    command -v java >/dev/null || return 1
    version=$(java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p' | head -n 1)
    [ "${version:-0}" -ge 17 ]
}

library() {
    # Besides the loader's cache, look where a machine without ldconfig in its PATH keeps them.
    { /sbin/ldconfig -p 2>/dev/null || true; } | grep -q "$1" ||
        ls /usr/lib/*/"$1"* /lib/*/"$1"* >/dev/null 2>&1
}

missing=""
python3 -c 'import ensurepip, venv' 2>/dev/null || missing="$missing python3-venv"
java_is_new_enough || missing="$missing default-jre-headless"
command -v mvn >/dev/null || missing="$missing maven"
library libodbc.so.2 || missing="$missing libodbc2"
library libltdl.so.7 || missing="$missing libltdl7"
library libgssapi_krb5.so.2 || missing="$missing libgssapi-krb5-2"
command -v freebcp >/dev/null || missing="$missing freetds-bin" # one of the clients that the tests use
command -v faketime >/dev/null || missing="$missing faketime" # clocks that jump, in the soak

[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null; then
    echo "This machine lacks (by Debian's names):$missing" >&2
    exit 2
elif [ "$(id -u)" -eq 0 ]; then
    prefix=""
elif sudo -n true 2>/dev/null; then
    prefix="sudo -n"
else
    echo "System packages are missing. Install them, then run make again:" >&2
    echo "    sudo apt-get install --yes --no-install-recommends$missing" >&2
    exit 2
fi
echo "installing$missing"
$prefix apt-get update -qq
# shellcheck disable=SC2086  # a list of words
DEBIAN_FRONTEND=noninteractive $prefix apt-get install -qq --yes --no-install-recommends $missing
