#!/bin/sh
# Starts or stops a throw-away PostgreSQL for tests.
#
#   tests/postgres.sh start DIR PORT    makes a cluster below DIR and starts it; prints its URL
#   tests/postgres.sh stop DIR          stops it and leaves DIR to whoever made it
#
# Its default order of texts is a linguistic one, so that a column that forgot to ask for another is found.
# It listens on 127.0.0.1:PORT and on a socket in DIR, trusts everybody on this machine, and does not wait for the
# disk. Works as root, where the server runs as the user of the package, and as any other user.
set -eu

usage() {
    sed -n '2,9s/^# \{0,1\}//p' "$0" >&2
    exit 2
}

# Newest version below Debian's folder, else whatever PATH has.
binaries() {
    newest=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -t/ -k5 -n | tail -n 1)
    if [ -n "$newest" ] && [ -x "$newest/initdb" ]; then
        echo "$newest"
    elif command -v initdb >/dev/null; then
        dirname "$(readlink -f "$(command -v initdb)")"
    else
        echo "postgres.sh: no initdb; install the package postgresql" >&2
        exit 1
    fi
}

# initdb and postgres refuse to run as root.
unprivileged() {
    if [ "$(id -u)" -ne 0 ]; then
        "$@"
    else
        runuser -u "$owner" -- "$@"
    fi
}

owner=
if [ "$(id -u)" -eq 0 ]; then
    owner=postgres
    id "$owner" >/dev/null 2>&1 || owner=nobody
fi

start() {
    directory=$1
    port=$2
    bin=$(binaries)
    mkdir -p "$directory"
    directory=$(cd "$directory" && pwd)
    [ -z "$owner" ] || chown "$owner" "$directory"
    cd "$directory"
    if [ ! -e data/PG_VERSION ]; then
        unprivileged "$bin/initdb" --pgdata="$directory/data" --username=postgres --auth=trust --encoding=UTF8 \
            --locale=C.UTF-8 --locale-provider=icu --icu-locale=und --no-sync >"$directory/initdb.log" 2>&1 || { cat "$directory/initdb.log" >&2; exit 1; }
    fi
    unprivileged "$bin/pg_ctl" --pgdata="$directory/data" --log="$directory/postgres.log" --wait --timeout=60 \
        -o "-p $port -k '$directory' -c listen_addresses=127.0.0.1 -c fsync=off -c synchronous_commit=on \
            -c full_page_writes=off -c max_connections=200 -c shared_buffers=128MB" start >/dev/null \
        || { cat "$directory/postgres.log" >&2; exit 1; }
    echo "postgres://postgres@127.0.0.1:$port/postgres"
}

stop() {
    bin=$(binaries)
    directory=$(cd "$1" && pwd)
    cd "$directory"
    unprivileged "$bin/pg_ctl" --pgdata="$directory/data" --mode=immediate --wait stop >/dev/null
}

case "${1-}:$#" in
    start:3) start "$2" "$3" ;;
    stop:2) stop "$2" ;;
    *) usage ;;
esac
